// How the lane's own seed, on which ideas are screened, differs from those that decide.
import type { Decision } from '../core/decision.ts';
import type { Tip } from '../core/verdict.ts';

/** Nothing where no file was measured on its own seed and on `evidence` others. */
export function ownSeedOf(decisions: readonly Decision[], evidence: number): Tip['ownSeed'] {
  const above = decisions.flatMap(({ screenBpb, measured = [] }) => {
    const deciding = measured.slice(0, evidence);
    return screenBpb === undefined || deciding.length < evidence ? [] : [screenBpb - meanOf(deciding)];
  });
  return above.length > 0 ? { above: meanOf(above), from: above.length } : undefined;
}

function meanOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
}
