// The actions of a turn. What waits mostly for a network is done side by side.
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
/** Nor do these, which are done in order, on those before them: each begins something new. */
const NEXT: ReadonlySet<Action['kind']> = new Set(['allocate', 'stack', 'propose']);

/** Carries actions out until one of them has a result, which is given. */
interface Acting<T> {
  readonly act: (action: Action) => Promise<T | null>;
  /** Called whenever something was done that lasts. */
  readonly worked: () => void;
  /** Nothing more is begun once it says no. */
  readonly goesOn: () => boolean;
}

/** The verdicts, the launches and what is new are three strands, each in order. What was begun is ended before the first error is thrown. */
export async function inStrands<T>(actions: readonly Action[], acting: Acting<T>): Promise<T | null> {
  const settles = actions.filter(({ kind }) => kind === 'settle');
  const news = actions.filter(({ kind }) => NEXT.has(kind));
  const others = actions.filter(({ kind }) => kind !== 'settle' && !NEXT.has(kind));
  const strands = [settles, others, news].map((strand) => inGroups(strand, acting));
  const ends = await Promise.allSettled(strands);
  return firstOf(ends);
}

async function inGroups<T>(
  actions: readonly Action[],
  { act, worked, goesOn }: Acting<T>,
): Promise<T | null> {
  for (let at = 0; at < actions.length && goesOn(); ) {
    const { kind } = actions[at]!;
    const next = actions.slice(at, at + (SIDE_BY_SIDE.has(kind) ? AT_ONCE : 1));
    const others = next.findIndex((action) => action.kind !== kind);
    const group = others < 0 ? next : next.slice(0, others);
    at += group.length;
    const ends = await Promise.allSettled(group.map(act));
    if (LASTING.has(kind) && ends.some(({ status }) => status === 'fulfilled')) worked();
    const result = firstOf(ends);
    if (result !== null) return result;
  }
  return null;
}

function firstOf<T>(ends: readonly PromiseSettledResult<T | null>[]): T | null {
  let first: T | null = null;
  for (const end of ends) {
    if (end.status === 'rejected') throw end.reason;
    first ??= end.value;
  }
  return first;
}
