// What became of one attempt: the supervisor's sealed word, and the durable outcome made of it.
import { z } from 'zod';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * What the supervisor measured: one JSON object of at most 1 KiB, written last and atomically. Only `val_bpb` in here
 * can keep a commit (I5). Times are seconds, memory MiB. The Python side validates against the JSON schema of this.
 */
export const sealedSchema = z.strictObject({
  schema: z.literal(1),
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  status: z.enum(['finished', 'crashed', 'refused']),
  /** A word: '' when finished; exit, signal, wall, start, memory, no_metric, invalid_metric, noncausal, suspicious, protocol, pace, unsealed, setup, no_cuda, no_gpu. */
  reason: z.string().max(32),
  sentence: z.string().max(200),
  exit_code: z.number().int().nullable(),
  signal: z.number().int().nullable(),
  /** Bits per byte, rounded to the six decimals that are printed; what is printed is what decides. */
  val_bpb: z.number().nullable(),
  /** Start of the child to its first evaluation request: by the wall, and on the budget's clock. */
  start_seconds: z.number().nonnegative(),
  training_seconds: z.number().nonnegative(),
  wall_seconds: z.number().nonnegative(),
  memory_mb: z.number().nonnegative(),
  /** Reference seconds for each CPU second: how fast the machine was; left out where the budget counts no CPU seconds. */
  pace: z.number().nonnegative().optional(),
  steps: z.number().int().nonnegative().nullable(),
  train_sha256: sha256,
  prepare_sha256: sha256,
  supervise_sha256: sha256,
  data_sha256: sha256,
  /** What else its number depends on, as words for the Conditions; left out by supervisors of older releases. */
  conditions: z.string().max(300).optional(),
  gpu: z.string().max(80),
  /** Memory of the GPU as its driver tells it; left out where the run was to have none. */
  gpu_total_mb: z.number().nonnegative().optional(),
  /** The most of it that was used, by train.py's own word: nothing else here knows. */
  gpu_peak_mb: z.number().nonnegative().nullable().optional(),
  /**
   * What was asked of text that no run was asked: `part` of `parts` (from `parts` on for the second time), bits per byte
   * there, how much worse that is than the validation text lets expect, and the standard error of this gap. Left out
   * where nothing depended on it; null where train.py ended before it had answered.
   */
  unseen: z
    .strictObject({
      part: z.number().int().nonnegative(),
      parts: z.number().int().positive(),
      bpb: z.number().nullable(),
      gap: z.number().nullable(),
      error: z.number().nonnegative().nullable(),
    })
    .optional(),
  log_bytes: z.number().int().nonnegative(),
  log_sha256: sha256,
  sealed: z.enum(['landlock', 'uid', 'none']),
});
export type SealedResult = Readonly<z.infer<typeof sealedSchema>>;

/** Reasons of a loss that may be nothing but words of a log. */
const gpuLosses = ['gpu_fault', 'gpu_busy', 'gpu_driver', 'no_gpu'] as const;
export type GpuLoss = (typeof gpuLosses)[number];
export const isGpuLoss = (reason: string) => gpuLosses.some((one) => one === reason);

/** The reason of an attempt whose train.py could not be started at all, by any machine. */
export const UNFIT = 'too_large';

/**
 * The durable end of one attempt, stored as `result.json`, put if absent: the first one stored counts.
 * `crashed` blames the experiment, `lost` blames the machine and is no evidence about the idea (I6).
 */
export const outcomeSchema = z.strictObject({
  kind: z.enum(['finished', 'crashed', 'lost']),
  /** A word: '' when finished, else nan, oom, timeout, no_metric, invalid_metric, syntax, name, … or the cause of a loss. */
  reason: z.string().max(64),
  sentence: z.string().max(500),
  /** A crash that one automated fix may mend: a typo, not an idea that failed. */
  trivial: z.boolean(),
  sealed: sealedSchema.nullable(),
  /** What train.py printed, where it printed a metric; never decides. */
  printedBpb: z.number().nullable(),
  /** Last lines of the log, at most 4 KB, for the proposer's fix and for people. */
  tail: z.string().max(4096),
  /** Why the log is missing or cut; '' when it is whole. */
  logNote: z.string().max(200),
  node: z.string(),
  image: z.string(),
  endedMs: z.number().int(),
  /** At most so long it ran, where the platform tells; a result of an older release has none. */
  ranSeconds: z.number().nonnegative().optional(),
});
export type Outcome = Readonly<z.infer<typeof outcomeSchema>>;

/** `printed:0.912345` where train.py printed another metric than was measured, else ''; for a row's `error` cell. */
export function printedNote(outcome: Outcome): string {
  const measured = outcome.kind === 'finished' && outcome.sealed?.val_bpb?.toFixed(6);
  const printed = outcome.printedBpb?.toFixed(6);
  return measured && printed && printed !== measured ? `printed:${printed}` : '';
}
