// The durable end of an experiment. A keep carries it in its commit's trailers, a discard or crash in record.json.
import { z } from 'zod';
import { causes, idSchema, sources, stackOfSchema } from './experiment.ts';

export const statuses = ['keep', 'discard', 'crash'] as const;
export type Status = (typeof statuses)[number];

export const decisionSchema = z.strictObject({
  experiment: idSchema,
  status: z.enum(statuses),
  /** A word (better, baseline, worse, stale, …) and a sentence for people. */
  reason: z.string().max(64),
  sentence: z.string().max(500),
  description: z.string().max(400),
  source: z.enum(sources),
  /** The commit the edit was made on, null for the baseline; and that commit's metric. */
  base: z.string().nullable(),
  baseBpb: z.number().nullable(),
  /** The tip at the time of the decision: the parent of the keep, or of the commit that a discard would have been. */
  tip: z.string().nullable(),
  valBpb: z.number().nullable(),
  /** Under evidence, of a baseline and a train: the number on the lane's own seed, and those on the deciding seeds in order. */
  screenBpb: z.number().optional(),
  measured: z.array(z.number()).min(1).readonly().optional(),
  /** Bits per byte of the same model on text that no run was asked; null where it was not asked. */
  unseenBpb: z.number().nullable().default(null),
  /** Numbers of the parts of that text that its attempts were asked, between spaces: they are spent. */
  unseenParts: z
    .string()
    .regex(/^(\d+( \d+)*)?$/)
    .default(''),
  memoryMb: z.number().nonnegative(),
  /** sha256 of the train.py that was measured, and of the one proposed; they differ after a fix. */
  trainSha256: z.string(),
  proposedSha256: z.string(),
  stackOf: stackOfSchema,
  attempts: z.number().int().positive(),
  lastCause: z.enum(causes),
  /** '' or a crash's cause; `lost:<cause>` when the machine was to blame three times. */
  error: z.string().max(80),
  sealed: z.enum(['landlock', 'uid', 'none', '']),
  trainingSeconds: z.number().nonnegative(),
  wallSeconds: z.number().nonnegative(),
  /** Machine seconds of all attempts; one whose length is unknown counts as its hard wall (I8). */
  spentSeconds: z.number().nonnegative(),
  gpu: z.string(),
  image: z.string(),
  program: z.string(),
  seed: z.number().int(),
  /** The Conditions it was measured under, as `conditionsOf` writes them; '' where nothing was measured. */
  conditions: z.string(),
  /** Of the last attempt's end: the same after any restart. */
  timestampMs: z.number().int(),
  /** Order of decisions: writer epoch first, then seq. */
  epoch: z.number().int().nonnegative(),
  seq: z.number().int().positive(),
  /** The keep's sha, or the sha that the discard's deterministic commit would have had. */
  commit: z.string().regex(/^[0-9a-f]{40}$/),
});
export type Decision = Readonly<z.infer<typeof decisionSchema>>;

/** Everything of a decision but the sha that git computes from it. */
export type Draft = Omit<Decision, 'commit'>;

/** Decisions in the order in which they were made; rows stand in this order. */
export function byOrder(a: Decision, b: Decision): number {
  return a.epoch - b.epoch || a.seq - b.seq || (a.experiment < b.experiment ? -1 : 1);
}
