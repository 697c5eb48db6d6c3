// The actions of a turn, in order. Those of one kind that wait mostly for a network are done side by side.
import type { Action } from '../../core/decide.ts';

/** Done once and for good. The rest is done anew by every session, so it does not say that a trouble is over. */
const LASTING: ReadonlySet<Action['kind']> = new Set([
  'collect',
  'lose',
  'settle',
  'launch',
  'remove',
  'allocate',
]);
/** Of these no two of one turn depend on each other. */
const SIDE_BY_SIDE: ReadonlySet<Action['kind']> = new Set(['collect', 'lose', 'launch', 'remove']);
const AT_ONCE = 16;

/**
 * Carries actions out until one of them has a result, which is given, or `goesOn` says no. `worked` is called whenever
 * something was done that lasts. What was begun is ended before the first error is thrown.
 */
export async function inGroups<T>(
  actions: readonly Action[],
  act: (action: Action) => Promise<T | null>,
  worked: () => void,
  goesOn: () => boolean,
): Promise<T | null> {
  for (let at = 0; at < actions.length && goesOn(); ) {
    const { kind } = actions[at]!;
    const next = actions.slice(at, at + (SIDE_BY_SIDE.has(kind) ? AT_ONCE : 1));
    const others = next.findIndex((action) => action.kind !== kind);
    const group = others < 0 ? next : next.slice(0, others);
    at += group.length;
    const ends = await Promise.allSettled(group.map(act));
    if (LASTING.has(kind) && ends.some(({ status }) => status === 'fulfilled')) worked();
    const results: T[] = [];
    for (const end of ends) {
      if (end.status === 'rejected') throw end.reason;
      if (end.value !== null) results.push(end.value);
    }
    if (results.length > 0) return results[0]!;
  }
  return null;
}
