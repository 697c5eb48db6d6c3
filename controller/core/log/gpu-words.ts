// What the words of CUDA, its libraries and PyTorch say about who is to blame: the machine, the memory or the experiment.
// They are the driver's own, as cudaGetErrorString gives them. What is in no row here, an edit of train.py can bring about:
// `OS call failed`, too, for CUDA starts in no process but train.py's own.
import type { GpuLoss } from '../outcome.ts';

/** `trivial`: a slip of the pen, which one automated fix may mend. `fix` is '' where the experiment is to change. */
export interface Blame {
  readonly kind: 'lost' | 'crashed';
  readonly reason: string;
  readonly trivial: boolean;
  readonly fix: string;
}

/** What the GPU has to do with an exception, or null. `raised` is `module.Name: message`, as Python prints it. */
export function gpuFaultOf(raised: string): Blame | null {
  const fault = FAULTS.find(({ words }) => words.test(raised));
  return fault && (fault.kind === 'crashed' || RAISED_FOR_GPUS.test(raised)) ? fault : null;
}

/** How PyTorch and NVML raise what the driver says. An exception of any other type blames no machine. */
const RAISED_FOR_GPUS =
  /^(?:torch\.AcceleratorError|torch\.cuda\.\w+|pynvml\.NVMLError\w*|(?:torch\._inductor\.exc\.InductorError: )?RuntimeError: (?:(?:CUDA (?:driver )?error|Unexpected error from cudaGetDeviceCount|Found no NVIDIA driver|The NVIDIA driver on)\b|Triton Error \[CUDA\]:))/;

function fault(reason: 'oom' | GpuLoss, fix: string, words: RegExp): Blame & { words: RegExp } {
  return { kind: reason === 'oom' ? 'crashed' : 'lost', reason, trivial: false, fix, words };
}

const FAULTS = [
  fault(
    'oom',
    '',
    // The last: on MIG PyTorch asks what else holds the memory that it lacks, and may not (its issue 112377).
    /(?:CUDA(?: driver)? error|Triton Error \[CUDA\]): out of memory|CUDA (?:ran )?out of memory|CU[A-Z]+_STATUS_ALLOC_FAILED|^RuntimeError: NVML_SUCCESS == \S{1,40} INTERNAL ASSERT FAILED at "[^"]*CUDACachingAllocator/,
  ),
  fault(
    'gpu_fault',
    "look for Xid in this node's kernel log, and reset or replace its GPU",
    /: (?:uncorrectable |Invalid access of peer GPU|unknown error|an async error has occur|GPU is lost)/,
  ),
  fault(
    'gpu_busy',
    'let no other process use the GPU of a run',
    /: (?:CUDA-capable device\(s\) is\/are busy|exclusive-thread device already|MPS |the MPS |the remote procedural call between the MPS|the hardware resources required to (?:create MPS|support device conn))/,
  ),
  fault(
    'gpu_driver',
    'install a driver on this node that fits the image',
    /: (?:CUDA driver version is insufficient|API call is not supported in the installed CUDA driver|CUDA driver is a stub|system has unsupported display driver|forward compatibility was attempted)|driver on your system is too old/,
  ),
  fault(
    'no_gpu',
    'run `supervise.py --probe --gpu` on this node to see what CUDA lacks',
    /: (?:no CUDA-capable device|system not yet initialized|device doesn't have valid Grid license|integrity checks failed|Found no NVIDIA driver)/,
  ),
];
