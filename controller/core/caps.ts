// Whose cap it is that ends a lane, and what lifts it.
import type { Limits } from './experiment.ts';

/** A cap by its names: a flag of `dev`, a key of a settings file, a flag of `limit`. */
const NAMES: Readonly<Record<keyof Limits, { flag: string; key: string; hand: string }>> = {
  experiments: { flag: '--experiments', key: 'limits.experiments', hand: '--experiments' },
  gpuHours: { flag: '--hours', key: 'limits.maxGpuHours', hand: '--hours' },
  usd: { flag: '--max-usd', key: 'proposer.maxUsd', hand: '--usd' },
};

/** What to do to go on at a cap. A person's own can only be the tighter one: where the lane's binds, lifting it does nothing. */
export function raising(cap: keyof Limits, lanes: number | null, persons: number | null): string {
  const { flag, key, hand } = NAMES[cap];
  const byHand = persons !== null && persons < (lanes ?? Number.POSITIVE_INFINITY);
  if (byHand) return `raise it with autoresearch limit ${hand} to go on`;
  return `raise ${flag} (in a settings file ${key}) to go on`;
}
