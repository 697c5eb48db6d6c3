// What an idea changes, in words that can be read back: a proposer that starts anew learns from them.

/** A knob set from one Python literal to another. */
export interface KnobChange {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

export const DESCRIPTION_AT_MOST = 120;

const LITERAL = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\([^()]*\)|\[[^\[\]]*\]|[^\s,:"'(\[]+`;
const CHANGE = new RegExp(String.raw`\b([A-Z][A-Z0-9_]*) (${LITERAL}) -> (${LITERAL})(?=[,:]|\s|$)`, 'g');

/** `LEARNING_RATE 0.01 -> 0.02: why`, on one line of at most 120 characters; the moves are never cut. */
export function describe(changes: readonly KnobChange[], why: string): string {
  const what = changes.map(({ name, from, to }) => `${name} ${from} -> ${to}`).join(', ');
  const line = `${what}: ${why}`.replace(/\s+/g, ' ');
  return line.length <= DESCRIPTION_AT_MOST
    ? line
    : `${line.slice(0, Math.max(what.length, DESCRIPTION_AT_MOST - 1))}…`;
}

/** The moves that a description names; none where it names none. */
export function changesIn(description: string): KnobChange[] {
  return [...description.matchAll(CHANGE)].map(([, name, from, to]) => ({
    name: name!,
    from: from!,
    to: to!,
  }));
}
