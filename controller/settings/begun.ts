// What a lane was begun with. Its numbers can be compared only while that stays, so a later start takes it from here.
import { z } from 'zod';
import type { LaneSettings } from './lane.ts';
import { trainerNames, trainers } from './trainers.ts';

/** `lane.json` in the store. What an older release's lane does not tell is left out. */
export const begunSchema = z.object({
  trainer: z.enum(trainerNames).optional(),
  budgetSeconds: z.number().positive().optional(),
  seed: z.number().int().optional(),
  confirm: z.number().int().nonnegative().optional(),
  evidence: z.number().int().nonnegative().optional(),
  requireSealed: z.boolean().optional(),
  pool: z.string().optional(),
  /** The first train.py itself, where a person brought one. */
  trainPy: z.string().optional(),
  /** The lane or commit whose train.py that was, as it was named; '' for none. */
  from: z.string().optional(),
  /** Only on one machine: a cluster has its text in an image. */
  text: z.string().nullable().optional(),
  prepare: z.string().optional(),
  clock: z.enum(['cpu', 'wall', 'virtual']).nullable().optional(),
  /** Only on a cluster: what its pool asks for a run, for a slice of a GPU is called like the whole. */
  gpuResource: z.string().optional(),
  /** Only on a cluster, where the pool names its image by digest. */
  imageDigest: z.string().optional(),
});
export type Begun = Readonly<z.infer<typeof begunSchema>>;

/** A lane's settings, and which of them its file or the flags name; the others are defaults. */
export interface GivenLane
  extends LaneSettings,
    Pick<Begun, 'text' | 'prepare' | 'clock' | 'gpuResource' | 'imageDigest'> {
  readonly given: ReadonlySet<string>;
}

/** The keys of a lane, or of what all lanes share, that say something. */
export function givenIn(settings: unknown): string[] {
  const entries = Object.entries((settings ?? {}) as Record<string, unknown>);
  return entries.filter(([, value]) => value !== undefined && value !== null).map(([key]) => key);
}

/** What a later start is held to, as the command line has it; `pools`: that is the pool's, and cannot be left out. */
const NAMED: Readonly<Record<string, { flag: string; show: (value: unknown) => string; pools?: true }>> = {
  trainer: { flag: '--trainer', show: String },
  budgetSeconds: { flag: '--budget', show: (seconds) => `${seconds}s` },
  seed: { flag: '--seed', show: String },
  confirm: { flag: '--confirm', show: String },
  evidence: { flag: '--evidence', show: String },
  requireSealed: { flag: '--require-sealed', show: String },
  pool: { flag: 'pool', show: String },
  from: { flag: '--from', show: String },
  prepare: { flag: '--prepare', show: (options) => `"${options}"` },
  clock: { flag: '--clock', show: (clock) => String(clock ?? "the trainer's own") },
  gpuResource: { flag: 'gpu', show: String, pools: true },
  imageDigest: { flag: 'image', show: String, pools: true },
};

/**
 * The lane with what it was begun with wherever nothing else is given; a sentence where something else is. `trainPy`:
 * the first train.py that is given, if one is. Of a text prepare.py tells whether it is another.
 */
export function resumed<L extends GivenLane>(
  lane: L,
  begun: Begun,
  trainPy: string | null,
  wallAtLeast: number,
): L | string {
  const { name, given } = lane;
  // Only a cluster's lanes have one: there a person writes keys of values, and no flags.
  const onCluster = lane.gpuResource !== undefined;
  for (const [key, { flag, show, pools }] of Object.entries(NAMED)) {
    const was = begun[key as keyof Begun];
    const is = lane[key as keyof GivenLane];
    if (was === undefined || !given.has(key) || is === was) continue;
    const said = onCluster && !pools ? key : flag;
    const out = pools ? OF_THE_POOL : wayOut(said, onCluster);
    if (key === 'from' && was === '') return `lane ${name} was begun without ${said}; ${out}`;
    return `lane ${name} was begun with ${said} ${show(was)}, and not ${show(is)}; ${out}`;
  }
  if (trainPy !== null && begun.trainPy !== undefined && trainPy !== begun.trainPy) {
    const out = wayOut(onCluster ? 'trainPy' : '--train-py', onCluster);
    return `lane ${name} was begun with another train.py; try this one with autoresearch try FILE -m TEXT, or ${out}`;
  }
  const kept = Object.entries(begun).filter(([key, value]) => value !== undefined && !given.has(key));
  const own = { ...lane, ...Object.fromEntries(kept) };
  if (given.has('wallSeconds')) return own;
  return { ...own, wallSeconds: Math.max(wallAtLeast, trainers[own.trainer].wallSeconds(own.budgetSeconds)) };
}

const OF_THE_POOL =
  'its numbers would not compare. Put that back in its pool to go on, or add a lane with another name, whose trainPy is what show best --train-py prints';

function wayOut(named: string, onCluster: boolean): string {
  return onCluster
    ? `take ${named} out of its values to go on, or add a lane with another name`
    : `leave ${named} out to go on, or begin another lane with --lane NAME`;
}
