// What an idea changes, in words that can be read back: a proposer that starts anew learns from them.

/** A knob set from one Python literal to another. */
export interface KnobChange {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

const LITERAL = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\([^()]*\)|\[[^\[\]]*\]|[^\s,:"'(\[]+`;
const CHANGE = new RegExp(String.raw`\b([A-Z][A-Z0-9_]*) (${LITERAL}) -> (${LITERAL})(?=[,:]|\s|$)`, 'g');

/** `LEARNING_RATE 0.01 -> 0.02`, on one line: what is changed. Why stands in the hypothesis. */
export function describe(changes: readonly KnobChange[]): string {
  return changes.map(({ name, from, to }) => `${name} ${from} -> ${to}`.replace(/\s+/g, ' ')).join(', ');
}

/** The moves that a description names; none where it names none. */
export function changesIn(description: string): KnobChange[] {
  return [...description.matchAll(CHANGE)].map(([, name, from, to]) => ({
    name: name!,
    from: from!,
    to: to!,
  }));
}
