// What a person may call an experiment: its id, its commit, a word, or a range of ids.
import type { Decision } from '../core/decision.ts';
import { experimentId } from '../core/experiment.ts';
import { frontierFiles } from '../core/retraction.ts';

const words = ['best', 'tip', 'last', 'baseline'] as const;

type Named =
  | { readonly kind: 'named'; readonly experiments: readonly string[] }
  | { readonly kind: 'refused'; readonly sentence: string };

/** A git commit in seven characters at least, so that no id is mistaken for one. */
const COMMIT_AT_LEAST = 7;

/**
 * The experiments that `which` names. `best` has the lowest number of all keeps that stand, `tip` is what the next edit is made
 * on, `last` was decided last. `open`: ids on trial.
 */
export function named(
  which: string,
  decisions: readonly Decision[],
  open: readonly string[],
  tip: string | null,
): Named {
  const range = /^(\d{1,6})\.\.(\d{1,6})$/.exec(which);
  if (range) return inRange(which, Number(range[1]), Number(range[2]), decisions, open);
  if (/^\d{1,6}$/.test(which)) {
    const id = experimentId(Number(which));
    return decisions.some((d) => d.experiment === id) || open.includes(id) ? one(id) : unknown(which);
  }
  const found = byWord(which, decisions, tip) ?? decisions.find((d) => isCommit(d, which));
  return found ? one(found.experiment) : unknown(which);
}

function byWord(which: string, decisions: readonly Decision[], tip: string | null): Decision | undefined {
  const kept = decisions.filter((d) => d.status === 'keep');
  const { withdrawn } = frontierFiles(kept);
  switch (which) {
    case 'baseline':
      return kept[0];
    case 'best':
      return kept.filter((d) => !withdrawn.has(d.commit)).toSorted((a, b) => a.valBpb! - b.valBpb!)[0];
    case 'tip':
      return kept.find((d) => d.commit === tip);
    case 'last':
      return decisions.at(-1);
  }
  return undefined;
}

function inRange(
  which: string,
  from: number,
  to: number,
  decisions: readonly Decision[],
  open: readonly string[],
): Named {
  const [low, high] = [experimentId(from), experimentId(to)];
  const all = [...decisions.map((d) => d.experiment), ...open];
  const experiments = all.filter((id) => id >= low && id <= high).sort();
  return experiments.length > 0 ? { kind: 'named', experiments } : unknown(which);
}

function isCommit({ commit }: Decision, which: string): boolean {
  return which.length >= COMMIT_AT_LEAST && commit.startsWith(which);
}

function one(experiment: string): Named {
  return { kind: 'named', experiments: [experiment] };
}

function unknown(which: string): Named {
  const sentence = `there is no experiment or commit ${which}; give a number, a commit, a range such as 3..20, or ${words.join(', ')}; autoresearch list shows what there is`;
  return { kind: 'refused', sentence };
}
