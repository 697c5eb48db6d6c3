// What the words of CUDA, its libraries and PyTorch say about who is to blame: the machine, the memory or the experiment.
// The words are the driver's own, as cudaGetErrorString gives them. What stands in no row here is the experiment's fault.

export interface GpuFault {
  readonly kind: 'lost' | 'crashed';
  readonly reason: string;
  /** What to do about it; '' where the experiment is to change. */
  readonly fix: string;
}

/** The fault that a message tells of, or null where it is none of the GPU's. */
export function gpuFaultOf(message: string): GpuFault | null {
  return FAULTS.find(({ words }) => words.test(message)) ?? null;
}

/** `errors` follow `CUDA error: `, `CUDA driver error: ` or, from cudaGetDeviceCount, `Error 802: `; `others` stand anywhere. */
function fault(reason: string, fix: string, errors: string, others: string): GpuFault & { words: RegExp } {
  const words = new RegExp(`(?:CUDA(?: driver)? error|\\bError \\d{1,3}): (?:${errors})|${others}`);
  return { kind: reason === 'oom' ? 'crashed' : 'lost', reason, fix, words };
}

const FAULTS = [
  fault('oom', '', 'out of memory', 'CUDA (?:ran )?out of memory|\\bCU[A-Z]+_STATUS_ALLOC_FAILED\\b'),
  fault(
    'gpu_fault',
    "look for Xid in this node's kernel log, and reset or replace its GPU",
    'uncorrectable |Invalid access of peer GPU|hardware stack error|unspecified launch failure|unknown error|an async error has occur',
    '\\bGPU is lost\\b|fallen off the bus|\\bNVRM: Xid\\b',
  ),
  fault(
    'gpu_busy',
    'let no other process use the GPU of a run',
    'CUDA-capable device\\(s\\) is/are busy|exclusive-thread device already|MPS |the MPS |the remote procedural call between the MPS',
    'is in Exclusive Process compute mode',
  ),
  fault(
    'gpu_driver',
    'install a driver on this node that fits the image, or build the image for its GPU',
    'CUDA driver version is insufficient|API call is not supported in the installed CUDA driver|CUDA driver is a stub|' +
      'system has unsupported display driver|forward compatibility was attempted|no kernel image is available',
    'NVIDIA driver on your system is too old',
  ),
  fault(
    'no_gpu',
    'run `supervise.py --probe --gpu` on this node to see what CUDA lacks',
    "no CUDA-capable device|system not yet initialized|OS call failed|device doesn't have valid Grid license|integrity checks failed",
    'Found no NVIDIA driver|No CUDA GPUs are available',
  ),
];
