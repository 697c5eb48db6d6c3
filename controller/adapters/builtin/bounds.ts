// What a person's guidance forbids a proposer that reads no words: simple bounds on knobs.
import { knobsOf } from './knobs.ts';

interface Bound {
  readonly name: string;
  readonly allows: (literal: string) => boolean;
}

const BOUND = /^([A-Z][A-Z0-9_]*)\s*(<=|>=|==|=|<|>)\s*(\S+)$/;
const KEEP = /^(?:keep|leave|freeze)\s+([A-Z][A-Z0-9_]*)$/i;

/** `WIDTH <= 192`, `DEPTH = 4`, `NORM = "rms"`, `keep CLIP`: between line breaks, commas, semicolons or `and`. */
function boundsIn(guidance: string): Bound[] {
  const clauses = guidance.split(/[\n,;]|\s+and\s+/).map((clause) => clause.trim().replace(/\.$/, ''));
  return clauses.flatMap((clause) => {
    const kept = KEEP.exec(clause)?.[1];
    if (kept) return { name: kept, allows: () => false };
    const [, name, sign, wanted] = BOUND.exec(clause) ?? [];
    return name ? { name, allows: (literal) => holds(literal, sign!, wanted!) } : [];
  });
}

function holds(literal: string, sign: string, wanted: string): boolean {
  const [is, bound] = [Number(literal), Number(wanted)];
  if (Number.isNaN(is) || Number.isNaN(bound)) return /^=/.test(sign) && bare(literal) === bare(wanted);
  if (sign === '<=') return is <= bound;
  if (sign === '>=') return is >= bound;
  if (sign === '<') return is < bound;
  return sign === '>' ? is > bound : is === bound;
}

function bare(literal: string): string {
  return literal.replace(/^(["'])(.*)\1$/, '$2');
}

/** Whether a file moves a knob to where the guidance forbids it. A knob that is not moved may stand anywhere. */
export function forbiddenBy(guidance: string, here: string): (trainPy: string) => boolean {
  const bounds = boundsIn(guidance);
  if (bounds.length === 0) return () => false;
  const before = new Map(knobsOf(here).map(({ name, literal }) => [name, literal]));
  return (trainPy) => {
    const moved = knobsOf(trainPy).filter(({ name, literal }) => before.get(name) !== literal);
    return moved.some(({ name, literal }) => bounds.some((b) => b.name === name && !b.allows(literal)));
  };
}
