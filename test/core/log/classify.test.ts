import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { classify, type EndedRun } from '../../../controller/core/log/classify.ts';
import { gpuFaultOf } from '../../../controller/core/log/gpu-words.ts';
import { outcomeSchema, printedNote, type SealedResult } from '../../../controller/core/outcome.ts';

const logs = new URL('../../fixtures/run-logs/', import.meta.url);
const expected: Record<string, { exit_code?: number; reason?: string; line?: number }> = JSON.parse(
  readFileSync(new URL('expected.json', logs), 'utf8'),
);
const NONCE = '0123456789abcdef0123456789abcdef';
const SHA = 'a'.repeat(64);

const sealed = (change: Partial<SealedResult> = {}): SealedResult => ({
  schema: 1,
  nonce: NONCE,
  status: 'finished',
  reason: '',
  sentence: '',
  exit_code: 0,
  signal: null,
  val_bpb: 1.234567,
  start_seconds: 0.4,
  training_seconds: 5,
  wall_seconds: 7.4,
  memory_mb: 212.5,
  steps: 412,
  train_sha256: SHA,
  prepare_sha256: SHA,
  supervise_sha256: SHA,
  data_sha256: SHA,
  gpu: 'cpu',
  log_bytes: 10,
  log_sha256: SHA,
  sealed: 'none',
  ...change,
});
const crashed = (change: Partial<SealedResult>) =>
  sealed({ status: 'crashed', reason: 'exit', exit_code: 1, val_bpb: null, ...change });

function ended(
  result: SealedResult | string | null,
  log = '',
  platform: Partial<EndedRun['ending']> = {},
): EndedRun {
  return {
    run: { nonce: NONCE, node: 'node-1', image: 'trainer@sha256:1' },
    ending: {
      sealed: result === null || typeof result === 'string' ? result : JSON.stringify(result),
      word: '',
      sentence: '',
      atMs: 1_700_000_000_000,
      ...platform,
    },
    trainSha256: SHA,
    log: new TextEncoder().encode(log),
    logNote: '',
  };
}
const fixture = (name: string) => readFileSync(new URL(name, logs), 'latin1');

test('a finished run keeps the measured number, node, image and time', () => {
  const outcome = classify({ ...ended(sealed()), log: readFileSync(new URL('summary/finished.log', logs)) });
  expect(outcome).toMatchObject({
    kind: 'finished',
    reason: '',
    trivial: false,
    printedBpb: 1.234567,
    node: 'node-1',
    image: 'trainer@sha256:1',
    endedMs: 1_700_000_000_000,
    logNote: '',
  });
  expect(outcome.sealed?.val_bpb).toBe(1.234567);
  expect(printedNote(outcome)).toBe('');
});

test('a printed number that differs is noted and changes nothing', () => {
  const outcome = classify(ended(sealed({ val_bpb: 1.5 }), fixture('summary/finished.log')));
  expect(outcome.kind).toBe('finished');
  expect(outcome.sentence).toBe('train.py printed 1.234567; the measured 1.500000 counts');
  expect(printedNote(outcome)).toBe('printed:1.234567');
});

const lostOnes: [string, EndedRun, string][] = [
  ['a node that went away', ended(null, '', { word: 'gone', sentence: 'node n1 is gone' }), 'gone'],
  ['an eviction, though a result was left', ended(sealed(), '', { word: 'evicted' }), 'evicted'],
  ['a word nobody knows', ended(sealed(), '', { word: 'moonrise' }), 'moonrise'],
  ['a word that is a property of every object', ended(sealed(), '', { word: 'constructor' }), 'constructor'],
  ['no result at all', ended(null), 'no_result'],
  ['a result cut off in the middle', ended(JSON.stringify(sealed()).slice(0, 300)), 'bad_result'],
  ['a result that is no JSON', ended('val_bpb: 0.1'), 'bad_result'],
  ['a result of another schema', ended('{"schema":2}'), 'bad_result'],
  ['a result with a key too many', ended(JSON.stringify({ ...sealed(), extra: 1 })), 'bad_result'],
  ['a forged result without the nonce', ended(sealed({ nonce: 'f'.repeat(32), val_bpb: 0.1 })), 'nonce'],
  ['a result for another train.py', ended(sealed({ train_sha256: 'b'.repeat(64) })), 'wrong_file'],
  [
    'a supervisor that could not seal',
    ended(sealed({ status: 'refused', reason: 'unsealed', val_bpb: null })),
    'unsealed',
  ],
  [
    'a supervisor that could not set up',
    ended(sealed({ status: 'refused', reason: 'setup', val_bpb: null })),
    'setup',
  ],
];
test.each(lostOnes)('%s is lost, not a crash', (_, run, reason) => {
  const outcome = classify(run);
  expect(outcome).toMatchObject({ kind: 'lost', reason, trivial: false });
  expect(outcome.sentence).not.toBe('');
});

const raisedBefore = 'Traceback (most recent call last):\n  File "train.py", line 1, in f\nOSError: x\n';
const crashes: [string, EndedRun, string][] = [
  ['a platform that killed it for memory', ended(null, '', { word: 'oom' }), 'oom'],
  ['a platform that killed it at its deadline', ended(null, '', { word: 'deadline' }), 'timeout'],
  ['a platform that killed it for its disk use', ended(null, '', { word: 'disk' }), 'disk'],
  ['the supervisor at the wall', ended(crashed({ reason: 'wall', signal: 9, exit_code: null })), 'timeout'],
  [
    'the supervisor while it never started to train',
    ended(crashed({ reason: 'start', signal: 9, exit_code: null })),
    'timeout',
  ],
  ['the supervisor for memory', ended(crashed({ reason: 'memory', signal: 9, exit_code: null })), 'oom'],
  [
    'the supervisor for its disk use, whatever it raised',
    ended(crashed({ reason: 'disk', exit_code: null }), raisedBefore),
    'disk',
  ],
  ['the supervisor for too many processes', ended(crashed({ reason: 'pids', exit_code: null })), 'pids'],
  ['a signal 9 from elsewhere', ended(crashed({ reason: 'signal', signal: 9, exit_code: null })), 'oom'],
  ['a segmentation fault', ended(crashed({ reason: 'signal', signal: 11, exit_code: null })), 'signal'],
  [
    'a loss that is NaN and a metric that is invalid',
    ended(crashed({ reason: 'invalid_metric' }), fixture('failed/loss-nan.log')),
    'nan',
  ],
  ['an invalid metric', ended(crashed({ reason: 'invalid_metric' })), 'invalid_metric'],
  ['a model that looks ahead', ended(crashed({ reason: 'noncausal' })), 'noncausal'],
  ['a model that knows the text', ended(crashed({ reason: 'suspicious' })), 'suspicious'],
  ['nonsense instead of logits', ended(crashed({ reason: 'protocol' })), 'protocol'],
  ['processes that disturb each sample', ended(crashed({ reason: 'pace' })), 'pace'],
  ['no evaluation', ended(crashed({ reason: 'no_metric', exit_code: 0 })), 'no_metric'],
  [
    'no evaluation, but a forged summary',
    ended(crashed({ reason: 'no_metric', exit_code: 0 }), fixture('summary/finished.log')),
    'no_metric',
  ],
  ['a reason this controller does not know', ended(crashed({ reason: 'newer' })), 'newer'],
  ['FAIL with another exit code', ended(crashed({ exit_code: 3 }), 'FAIL\n'), 'exit'],
];
test.each(crashes)('%s is a crash with its reason', (_, run, reason) => {
  expect(classify(run)).toMatchObject({ kind: 'crashed', reason, trivial: false });
});

test.each([
  ['0', 0],
  ['negative', -1],
  ['above 20', 20.000001],
  ['null', null],
  ['1e308', 1e308],
])('a finished result whose metric is %s is an invalid metric', (_, val_bpb) => {
  expect(classify(ended(sealed({ val_bpb })))).toMatchObject({ kind: 'crashed', reason: 'invalid_metric' });
});

describe('the fixture logs as crashed runs', () => {
  const trivial = ['syntax', 'name', 'import', 'shape', 'attribute', 'type'];
  const crashing = Object.entries(expected).filter(([, e]) => e.reason);
  test.each(crashing)('%s', (name, { exit_code, reason, line }) => {
    const log = readFileSync(new URL(name, logs));
    const outcome = classify({ ...ended(crashed({ exit_code: exit_code! })), log });
    expect(outcome).toMatchObject({ kind: 'crashed', reason, trivial: trivial.includes(reason!) });
    if (line) expect(outcome.sentence).toContain(`at line ${line} of train.py: CUDA out of memory. Tried`);
  });
});

const raised = (last: string) =>
  `Traceback (most recent call last):\n  File "/w/train.py", line 41, in <module>\n    step(x)\n${last}\n`;
test.each([
  ['SyntaxError: invalid syntax', 'syntax'],
  ['IndentationError: unexpected indent', 'syntax'],
  ['TabError: inconsistent use of tabs and spaces in indentation', 'syntax'],
  ["UnboundLocalError: cannot access local variable 'x'", 'name'],
  ["ImportError: cannot import name 'foo' from 'prepare'", 'import'],
  ['ValueError: operands could not be broadcast together with shapes (3,) (4,)', 'shape'],
  ['ValueError: matmul: Input operand 1 has a mismatch in its core dimension 0', 'shape'],
  ['ValueError: cannot reshape array of size 12 into shape (5,)', 'shape'],
  ['RuntimeError: The size of tensor a (8) must match the size of tensor b (4) at dimension 1', 'shape'],
  ["RuntimeError: shape '[2, 3]' is invalid for input of size 7", 'shape'],
  ['IndexError: too many indices for array: array is 1-dimensional, but 2 were indexed', 'shape'],
  ['TypeError: step() takes 2 positional arguments but 3 were given', 'type'],
  ["TypeError: step() missing 1 required positional argument: 'y'", 'type'],
  ["TypeError: step() got an unexpected keyword argument 'z'", 'type'],
])('%s is a slip that one fix may mend', (last, reason) => {
  const outcome = classify(ended(crashed({}), raised(last)));
  expect(outcome).toMatchObject({ kind: 'crashed', reason, trivial: true });
  expect(outcome.sentence).toContain('at line 41 of train.py');
});
test.each([
  ['ValueError: HEADS must divide WIDTH', 'ValueError'],
  ['AssertionError', 'AssertionError'],
  ["TypeError: unsupported operand type(s) for +: 'int' and 'str'", 'TypeError'],
  ['ValueError: cannot convert float NaN to integer', 'nan'],
  ['MemoryError', 'oom'],
  ['my.module.Odd_Exception: x', 'Odd_Exception'],
])('%s is no slip', (last, reason) => {
  expect(classify(ended(crashed({}), raised(last)))).toMatchObject({
    kind: 'crashed',
    reason,
    trivial: false,
  });
});

type Said = [string, 'lost' | 'crashed', string];
const words = (reason: string, said: string[]): Said[] =>
  said.map((one) => [`torch.AcceleratorError: CUDA error: ${one}`, 'lost', reason]);
const gpuWords: Said[] = [
  // The machine.
  ['torch.AcceleratorError: CUDA error: uncorrectable ECC error encountered', 'lost', 'gpu_fault'],
  ['RuntimeError: CUDA error: uncorrectable NVLink error detected during the execution', 'lost', 'gpu_fault'],
  ['torch.AcceleratorError: CUDA error: unknown error', 'lost', 'gpu_fault'],
  ['pynvml.NVMLError_GpuIsLost: GPU is lost', 'lost', 'gpu_fault'],
  ['RuntimeError: CUDA driver error: unknown error', 'lost', 'gpu_fault'],
  ['RuntimeError: Triton Error [CUDA]: uncorrectable ECC error encountered', 'lost', 'gpu_fault'],
  [
    'torch._inductor.exc.InductorError: RuntimeError: Triton Error [CUDA]: uncorrectable ECC error encountered',
    'lost',
    'gpu_fault',
  ],
  [
    'torch.AcceleratorError: CUDA error: CUDA-capable device(s) is/are busy or unavailable',
    'lost',
    'gpu_busy',
  ],
  [
    'RuntimeError: CUDA error: MPS client failed to connect to the MPS control daemon or the MPS server',
    'lost',
    'gpu_busy',
  ],
  [
    'RuntimeError: Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before? Error 802: system not yet initialized',
    'lost',
    'no_gpu',
  ],
  ['RuntimeError: CUDA error: no CUDA-capable device is detected', 'lost', 'no_gpu'],
  ['RuntimeError: Found no NVIDIA driver on your system. Please check that you have one', 'lost', 'no_gpu'],
  [
    'RuntimeError: The NVIDIA driver on your system is too old (found version 12020). Please update it',
    'lost',
    'gpu_driver',
  ],
  [
    'RuntimeError: Unexpected error from cudaGetDeviceCount(). Error 803: system has unsupported display driver / cuda driver combination',
    'lost',
    'gpu_driver',
  ],
  // The rest as libcudart 13 words it.
  ...words('gpu_fault', [
    'Invalid access of peer GPU memory over nvlink or a hardware error',
    'an async error has occured in external entity outside of CUDA',
  ]),
  ...words('gpu_busy', [
    'exclusive-thread device already in use by a different thread',
    'MPS server is not ready to accept new MPS client requests',
    'the MPS client has been terminated by the server',
    'the remote procedural call between the MPS server and the MPS client failed',
    'the hardware resources required to create MPS client have been exhausted',
    'the hardware resources required to support device connections have been exhausted',
  ]),
  ...words('gpu_driver', [
    'CUDA driver version is insufficient for CUDA runtime version',
    'API call is not supported in the installed CUDA driver',
    'CUDA driver is a stub library',
    'forward compatibility was attempted on non supported HW',
  ]),
  ...words('no_gpu', ["device doesn't have valid Grid license", 'integrity checks failed']),
  ['torch.cuda.DeferredCudaCallError: CUDA call failed lazily: unknown error', 'lost', 'gpu_fault'],
  ['RuntimeError: CUDA driver error: out of memory', 'crashed', 'oom'],
  // Memory, as PyTorch's allocator, its compiler, CUDA, cuBLAS and cuDNN say it.
  [
    'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.25 GiB of which 1.10 GiB is free.',
    'crashed',
    'oom',
  ],
  [
    'torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 96.00 MiB (GPU 0; 23.65 GiB total capacity)',
    'crashed',
    'oom',
  ],
  [
    'torch._inductor.exc.InductorError: OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB.',
    'crashed',
    'oom',
  ],
  [
    "torch.OutOfMemoryError: CUDA ran out of memory outside PyTorch's allocator. If this workload uses many shapes, use fewer.",
    'crashed',
    'oom',
  ],
  ['torch.AcceleratorError: CUDA error: out of memory', 'crashed', 'oom'],
  [
    'RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`',
    'crashed',
    'oom',
  ],
  ['RuntimeError: cuDNN error: CUDNN_STATUS_ALLOC_FAILED', 'crashed', 'oom'],
  ['RuntimeError: Triton Error [CUDA]: out of memory', 'crashed', 'oom'],
  // A MIG device, whose memory PyTorch may not ask about.
  [
    'RuntimeError: NVML_SUCCESS == r INTERNAL ASSERT FAILED at "/pytorch/c10/cuda/CUDACachingAllocator.cpp":1154, please report a bug to PyTorch. ',
    'crashed',
    'oom',
  ],
  // The experiment.
  [
    'torch.AcceleratorError: CUDA error: an illegal memory access was encountered',
    'crashed',
    'AcceleratorError',
  ],
  ['torch.AcceleratorError: CUDA error: device-side assert triggered', 'crashed', 'AcceleratorError'],
  ['RuntimeError: CUDA error: misaligned address', 'crashed', 'RuntimeError'],
  ['RuntimeError: Triton Error [CUDA]: an illegal memory access was encountered', 'crashed', 'RuntimeError'],
  [
    'RuntimeError: r == NVML_SUCCESS INTERNAL ASSERT FAILED at "ProcessGroup.cpp":9, please report a bug to PyTorch. ',
    'crashed',
    'RuntimeError',
  ],
  [
    'RuntimeError: Unexpected error from cudaGetDeviceCount(). Error 304: OS call failed or operation not supported on this OS',
    'crashed',
    'RuntimeError',
  ],
  ['RuntimeError: CUDA error: invalid device ordinal', 'crashed', 'RuntimeError'],
  [
    'RuntimeError: CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasGemmEx`',
    'crashed',
    'RuntimeError',
  ],
  [
    'triton.runtime.errors.OutOfResources: out of resource: shared memory, Required: 262144, Hardware limit: 232448.',
    'crashed',
    'OutOfResources',
  ],
  ['ValueError: unknown error in the schedule', 'crashed', 'ValueError'],
  // The experiment, too: an edit can bring these about on a sound machine.
  ['torch.AcceleratorError: CUDA error: unspecified launch failure', 'crashed', 'AcceleratorError'],
  ['RuntimeError: CUDA driver error: hardware stack error', 'crashed', 'RuntimeError'],
  ['RuntimeError: No CUDA GPUs are available', 'crashed', 'RuntimeError'],
  ['RuntimeError: CUDA error: no kernel image is available for execution', 'crashed', 'RuntimeError'],
  // Words of a GPU in an exception that is not one of PyTorch's or NVML's for GPUs.
  ['AssertionError: GPU is lost', 'crashed', 'AssertionError'],
  ['ValueError: NVRM: Xid (PCI:0000:17:00): 79, GPU has fallen off the bus.', 'crashed', 'ValueError'],
  ['ValueError: CUDA error: uncorrectable ECC error encountered', 'crashed', 'ValueError'],
  ['train.AcceleratorError: CUDA error: unknown error', 'crashed', 'AcceleratorError'],
  ['RuntimeError: after CUDA error: unknown error', 'crashed', 'RuntimeError'],
];
test.each(gpuWords)('a GPU that says "%s" is %s for %s', (last, kind, reason) => {
  const outcome = classify(
    ended(crashed({}), raised(`${last}\nCUDA kernel errors might be reported later.`)),
  );
  expect(outcome).toMatchObject({ kind, reason, trivial: false });
  expect(outcome.sentence).toContain('at line 41 of train.py');
  if (kind === 'lost') expect(outcome.sentence).toMatch(/; \S.*(?:node|GPU|driver)/);
});

test('a GPU whose fault ends the process by a signal is lost, and other signals stay crashes', () => {
  const aborted = (said: string) =>
    classify(
      ended(
        crashed({ reason: 'signal', signal: 6, exit_code: null }),
        `terminate called after throwing an instance of 'c10::AcceleratorError'\n  what():  ${said}\nException raised from query\n`,
      ),
    );
  expect(aborted('CUDA error: uncorrectable ECC error encountered')).toMatchObject({
    kind: 'lost',
    reason: 'gpu_fault',
  });
  expect(aborted('CUDA error: out of memory')).toMatchObject({ kind: 'crashed', reason: 'oom' });
  for (const said of ['CUDA error: device-side assert triggered', 'GPU is lost'])
    expect(aborted(said)).toMatchObject({ kind: 'crashed', reason: 'signal' });
});

test.each([
  '  what():  CUDA error: unknown error\n',
  "terminate called after throwing an instance of 'std::runtime_error'\n  what():  CUDA error: unknown error\n",
])('an abort blames no GPU where PyTorch did not throw: %j', (log) => {
  const result = crashed({ reason: 'signal', signal: 6, exit_code: null });
  expect(classify(ended(result, log))).toMatchObject({ kind: 'crashed', reason: 'signal' });
});

test('the tail is what a terminal would show, at most 4096 characters, and says when the log is gone', () => {
  const outcome = classify(ended(crashed({}), `${'\rstep 1'.repeat(9000)}\rstep 2\n\x1b[31mbad\x1b[0m\0\n`));
  expect(outcome.tail).toBe('step 2\nbad');
  const gone = classify({ ...ended(crashed({})), log: null });
  expect(gone).toMatchObject({ tail: '', logNote: 'the log could not be read' });
});

test('for any word, result and log the outcome fits the stored schema, and finished needs our nonce and a number in range', () => {
  const numbers = fc.oneof(fc.double(), fc.constantFrom(null, 0, 1, 20, 21));
  const results = fc.oneof(
    fc.constant(null),
    fc.string(),
    fc
      .record({
        val_bpb: numbers,
        nonce: fc.constantFrom(NONCE, 'f'.repeat(32)),
        status: fc.constantFrom('finished', 'crashed', 'refused'),
        reason: fc.string({ maxLength: 32 }),
        exit_code: fc.constantFrom(0, 1, null),
        signal: fc.constantFrom(null, 9, 15),
      })
      .map((change) => JSON.stringify(sealed(change as Partial<SealedResult>))),
  );
  fc.assert(
    fc.property(
      results,
      fc.constantFrom('', '', 'gone', 'oom'),
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.uint8Array(),
      (text, word, sentence, log) => {
        const outcome = classify({ ...ended(text, '', { word, sentence }), log });
        expect(outcomeSchema.safeParse(outcome).error).toBeUndefined();
        if (outcome.kind !== 'finished') return;
        expect(word).toBe('');
        expect(outcome.sealed!.nonce).toBe(NONCE);
        expect(outcome.sealed!.val_bpb! > 0 && outcome.sealed!.val_bpb! <= 20).toBe(true);
      },
    ),
  );
});

test('no pattern for words of a log takes the square of the log: train.py writes it', () => {
  const source = readFileSync(new URL('../../../controller/core/log/gpu-words.ts', import.meta.url), 'utf8');
  const patterns = source.split('\n').filter((line) => /^ *\/(?![/*])/.test(line));
  expect(patterns.length).toBeGreaterThan(4);
  for (const pattern of patterns) expect(pattern).not.toMatch(/\.[*+]/);
  const line = `RuntimeError: ${'NVML_SUCCESS == INTERNAL ASSERT FAILED at '.repeat(50_000)}`;
  expect(gpuFaultOf(line)).toBeNull();
});
