// Which kind of idea is asked for next: each has a share that grows with what came of it, and none is ever forgotten.
import type { PastExperiment } from '../brief.ts';
import { type IdeaKind, ideaKinds } from '../core/experiment.ts';
import { nearMisses, plateauOf } from './history.ts';

export const KIND_WORDS: Readonly<Record<IdeaKind, string>> = {
  exploit: 'what you expect most of, given what was gained and lost so far',
  combine: 'put the near misses together that are named here, as far as they fit',
  ablate: 'take one of the kept changes out again, or half of it, where it may no longer pay',
  simplify: 'make the program cheaper or shorter, so that more steps fit into the budget',
  rewrite: 'do one part of the program (optimizer, schedule, architecture, data order, loss) in another way',
  untouched: 'change what no line of the history has touched',
};

/** Shares before anything is known; on a plateau those of what is new count for more. */
const SHARE: Readonly<Record<IdeaKind, number>> = {
  exploit: 4,
  combine: 2,
  ablate: 1,
  simplify: 2,
  rewrite: 2,
  untouched: 2,
};
const BOLD: readonly IdeaKind[] = ['combine', 'rewrite', 'untouched'];
const PLATEAU = 10;
/** What is expected of a kind before it was tried: one keep in ten, as much as five tries say. */
const EXPECTED = { keeps: 0.5, tries: 5 };

export interface ChosenKind {
  readonly kind: IdeaKind;
  /** Experiments that it is about. */
  readonly about: readonly string[];
}

/**
 * The kind that is furthest behind its share of all that were asked for, those in `underWay` too. So every kind comes
 * up at any width, and again after a restart goes on where it was.
 */
export function nextKind(past: readonly PastExperiment[], underWay: readonly IdeaKind[]): ChosenKind {
  const near = nearMisses(past);
  const gained = past.filter((p) => p.status === 'keep' && p.baseBpb !== null);
  const possible = ideaKinds.filter(
    (kind) => (kind !== 'combine' || near.length >= 2) && (kind !== 'ablate' || gained.length >= 1),
  );
  const bold = plateauOf({ past }) >= PLATEAU;
  const asked = (kind: IdeaKind) =>
    past.filter((p) => p.kind === kind).length + underWay.filter((one) => one === kind).length;
  const weight = (kind: IdeaKind) => {
    const tried = past.filter((p) => p.kind === kind);
    const kept = tried.filter((p) => p.status === 'keep').length;
    const rate = (kept + EXPECTED.keeps) / (tried.length + EXPECTED.tries);
    return SHARE[kind] * (bold && BOLD.includes(kind) ? 2 : 1) * rate;
  };
  const whole = possible.reduce((sum, kind) => sum + weight(kind), 0);
  const turns = 1 + possible.reduce((sum, kind) => sum + asked(kind), 0);
  const behind = (kind: IdeaKind) => (weight(kind) / whole) * turns - asked(kind);
  const kind = possible.reduce((best, one) => (behind(one) > behind(best) ? one : best));
  return { kind, about: kind === 'combine' ? pairOf(near, asked('combine')) : [] };
}

/** Where a model declined, another kind of idea. */
export function otherKind({ kind }: ChosenKind, declined: number): ChosenKind {
  const others = ideaKinds.filter((one) => one !== kind && one !== 'combine');
  return { kind: others[(declined - 1) % others.length]!, about: [] };
}

/** Another pair each time, the best first. */
function pairOf(near: readonly PastExperiment[], n: number): string[] {
  const pairs = near.flatMap((one, i) => near.slice(0, i).map((other) => [other, one]));
  return pairs[n % pairs.length]!.map(({ experiment }) => experiment);
}
