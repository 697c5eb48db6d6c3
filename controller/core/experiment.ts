// What is tried: a lane's rules, a proposal, and the attempts at measuring it.
import { z } from 'zod';
import { costSchema } from './money.ts';

/** Who had the idea. `stack` carries a displaced gain onto a newer tip; `repeat` measures the same file again; `retract` goes back to an older file of the frontier. */
export const sources = [
  'builtin',
  'anthropic',
  'openai',
  'command',
  'human',
  'stack',
  'repeat',
  'retract',
] as const;
export type Source = (typeof sources)[number];

/** What a proposer may be asked for: to go on, to put two together, to take one out, to make it shorter, to do it anew, or elsewhere. */
export const ideaKinds = ['exploit', 'combine', 'ablate', 'simplify', 'rewrite', 'untouched'] as const;
export type IdeaKind = (typeof ideaKinds)[number];

/** Why an attempt exists. `lost` repeats what the machine lost, `fix` carries a repaired file, `confirm` a fresh seed, `decide` one of the lane's deciding seeds. */
export const causes = ['first', 'lost', 'fix', 'confirm', 'decide'] as const;
export type Cause = (typeof causes)[number];

/** The id of the unmodified baseline; nothing else is launched before it has settled. */
export const BASELINE = '000000';

/** `42` → `'000042'`. */
export function experimentId(n: number): string {
  return String(n).padStart(6, '0');
}

export const idSchema = z.string().regex(/^\d{6,}$/);

/** Experiments whose gains a `stack` carries over. Older objects hold one id as text; a trailer has them between spaces. */
export const stackOfSchema = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(' ') : value),
  z.array(idSchema).min(1).readonly().nullable(),
);

/** An edit on trial, as stored in `proposal.json`: writing that object allocates the id. */
export const proposalSchema = z.strictObject({
  experiment: idSchema,
  description: z.string().max(400),
  /** Why it should help, one or two sentences; empty when nobody said. */
  hypothesis: z.string().max(2000),
  source: z.enum(sources),
  /** The frontier commit the edit was made on; null for the baseline only. */
  base: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .nullable(),
  trainPy: z.string(),
  /** sha256 of the program.md in force. */
  program: z.string(),
  /** Null for every source but `stack`. */
  stackOf: stackOfSchema,
  createdMs: z.number().int(),
  /** What asking for it came to, where that cost money. It decides nothing, so one that cannot be understood is left out. */
  cost: costSchema.optional().catch(undefined),
  /** What kind of idea was asked for; it decides nothing. */
  kind: z.enum(ideaKinds).optional().catch(undefined),
});
export type Proposal = Readonly<z.infer<typeof proposalSchema>>;

/** One try at measuring an experiment. Attempts count from 1. */
export interface Attempt {
  readonly n: number;
  readonly cause: Cause;
  readonly trainPy: string;
  readonly seed: number;
}

/** The clocks of one run, in seconds. See "Clocks" in DESIGN.md. */
export interface Clocks {
  /** TIME_BUDGET inside train.py. */
  readonly budgetSeconds: number;
  /** From start to evaluation by the budget's clock, at most this long; `clocksOf` narrows it after the baseline. */
  readonly startSeconds: number;
  /** The hard wall of the whole run. */
  readonly wallSeconds: number;
}

/** Which clock the trainer's budget counts: CPU seconds, wall seconds, or work over a fixed rate (tests). */
export type BudgetClock = 'cpu' | 'wall' | 'virtual';

/** The rules of one research line; plain values, fixed while a controller runs. */
export interface Lane {
  readonly name: string;
  /** Runs at a time. */
  readonly width: number;
  readonly seed: number;
  readonly clocks: Clocks;
  /** A win is measured this many more times on fresh seeds before it may keep. */
  readonly confirm: number;
  /** Seeds that decide, the same for all experiments; without any a number on the lane's own seed keeps. */
  readonly evidence?: number;
  readonly requireSealed: boolean;
  /** Ideas held ready beyond the free slots; 0 asks only when a slot is free. */
  readonly ahead: number;
  /** Once the dollars are spent, ideas that cost nothing go on. */
  readonly freeIdeas?: boolean;
  readonly limits: Limits;
}

/** Caps that are never passed (I8); null means no cap. */
export interface Limits {
  /** Experiments beyond the baseline. */
  readonly experiments: number | null;
  readonly gpuHours: number | null;
  readonly usd: number | null;
}
