// How far one number lies from another of the same file under another seed, from all that was measured more than once.
import { ROBUST_FROM, type Spread, spreadOf } from '../std/spread.ts';
import type { Decision } from './decision.ts';

/**
 * The noise of one measurement, in bits per byte: what files and seeds have in common is taken out. Until enough is
 * measured that way, it is how far the baseline's numbers lie apart. Null where nothing was measured on other seeds.
 */
export function noiseOf(decisions: readonly Decision[]): Spread | null {
  const repeated = decisions.filter(({ measured }) => measured !== undefined);
  const tables = repeated.map(({ screenBpb = null, measured }) => [screenBpb, ...measured!]);
  const pooled = spreadOf(tables);
  const baseline = spreadOf(tables.filter((_, i) => repeated[i]!.base === null));
  if (!pooled || !baseline || pooled.from >= ROBUST_FROM) return pooled ?? baseline;
  // Seeds move the baseline as they move all files, and few repeats may lie close by luck: nine times in ten it is below this.
  const most = (1 + 4 / pooled.from) * pooled.sigma;
  return tables.length > 1 && most < baseline.sigma ? { ...pooled, sigma: most } : baseline;
}
