// The ALL_CAPS constants of a train.py as knobs. All that the built-in proposer knows of a trainer is read here.

/** A number between two bounds; `log`: it is moved by factors; `whole`: it stays a whole number. */
export interface Range {
  readonly kind: 'range';
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
  readonly whole: boolean;
}
/** One of several Python literals, as they are written. */
interface Choice {
  readonly kind: 'choice';
  readonly options: readonly string[];
}
export interface Knob {
  readonly name: string;
  /** Its value as a Python literal, as it stands in the file. */
  readonly literal: string;
  readonly domain: Range | Choice;
  /** What its comment says it is; '' where it says nothing. */
  readonly about: string;
}

const ASSIGNMENT = /^([A-Z][A-Z0-9_]*)(\s*(?::[^=#]*)?=\s*)([^\s#=](?:.*\S)?)\s*$/;
const RANGE = /^range:\s*(\S+)\s*\.\.\s*([^\s,|]+)\s*(,\s*log\b)?[^|]*(?:\|\s*(.*))?$/;
const ONE_OF = /^one of:\s*([^|]+?)\s*(?:\|\s*(.*))?$/;
/** Without a mark a number may be moved this far either way, and no farther. */
const UNMARKED_FACTOR = 16;

/**
 * The knobs of a train.py, in the order of the file: constants at the top level, assigned once. Where any is marked
 * with `# range:` or `# one of:` only the marked ones count; else every number but 0, and every boolean.
 */
export function knobsOf(trainPy: string): Knob[] {
  const found = constants(trainPy);
  const marked = found.flatMap(({ name, literal, comment }) => fromMark(name, literal, comment) ?? []);
  if (marked.length > 0) return marked;
  return found.flatMap(({ name, literal, comment }) => fromLiteral(name, literal, comment) ?? []);
}

/** The file with constants set to other literals; everything else, comments too, stays byte for byte. */
export function withValues(trainPy: string, values: ReadonlyMap<string, string>): string {
  return writerOf(trainPy)(values);
}

/** The same for many sets of values: the file is read once. */
export function writerOf(trainPy: string): (values: ReadonlyMap<string, string>) => string {
  const unchanged = trainPy.split('\n');
  const places = new Map(constants(trainPy).map((constant) => [constant.name, constant]));
  return (values) => {
    const lines = [...unchanged];
    for (const [name, value] of values) {
      const place = places.get(name);
      if (!place) continue;
      const text = lines[place.line]!;
      const at = text.indexOf(place.literal, text.indexOf('='));
      lines[place.line] = text.slice(0, at) + value + text.slice(at + place.literal.length);
    }
    return lines.join('\n');
  };
}

interface Constant {
  readonly name: string;
  readonly literal: string;
  readonly comment: string;
  readonly line: number;
}

function constants(trainPy: string): Constant[] {
  const found: Constant[] = [];
  let quoted: string | null = null;
  for (const [line, text] of trainPy.split('\n').entries()) {
    const opens: string | null = quoted;
    quoted = afterLine(text, quoted);
    if (opens !== null || quoted !== null) continue;
    const [code, comment] = splitComment(text.replace(/\r$/, ''));
    const match = ASSIGNMENT.exec(code);
    if (match) found.push({ name: match[1]!, literal: match[3]!, comment, line });
  }
  const times = new Map<string, number>();
  for (const { name } of found) times.set(name, (times.get(name) ?? 0) + 1);
  return found.filter(({ name }) => times.get(name) === 1);
}

/** The triple quote that is open after a line, or null. */
function afterLine(text: string, open: string | null): string | null {
  let quote = open;
  for (let at = 0; at < text.length; ) {
    // What an open string holds is no code: there a `#` begins nothing, and only its own end counts.
    const token = quote === null ? TOKEN : INSIDE[quote]!;
    token.lastIndex = at;
    const found = token.exec(text)?.[0];
    if (found === undefined) break;
    at += found.length;
    if (quote !== null) quote = null;
    else if (found in INSIDE) quote = found;
  }
  return quote;
}

/** What stands next outside of strings that span lines. */
const TOKEN = /"""|'''|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|#.*|[^#"']+|["']/sy;
/** From inside a string that spans lines to behind its end. */
const INSIDE: Readonly<Record<string, RegExp>> = {
  '"""': /(?:[^"\\]|\\.|"(?!""))*"""/sy,
  "'''": /(?:[^'\\]|\\.|'(?!''))*'''/sy,
};

/** A line as code and comment; a `#` between quotes begins no comment. */
function splitComment(text: string): [string, string] {
  const code = /^(?:[^#"']|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|["'])*/.exec(text)![0];
  return [code, text.slice(code.length + 1).trim()];
}

function fromMark(name: string, literal: string, comment: string): Knob | null {
  const range = RANGE.exec(comment);
  if (range) {
    const [low, high] = [numberOf(range[1]!), numberOf(range[2]!)];
    const value = numberOf(literal);
    const log = range[3] !== undefined;
    if (low === null || high === null || value === null || !(low < high) || (log && low <= 0)) return null;
    return {
      name,
      literal,
      about: range[4] ?? '',
      domain: { kind: 'range', low, high, log, whole: isWhole(literal) },
    };
  }
  const choice = ONE_OF.exec(comment);
  if (!choice) return null;
  const options = splitOptions(choice[1]!);
  if (options.length < 2 || !options.includes(literal)) return null;
  return { name, literal, about: choice[2] ?? '', domain: { kind: 'choice', options } };
}

function fromLiteral(name: string, literal: string, comment: string): Knob | null {
  if (literal === 'True' || literal === 'False')
    return { name, literal, about: comment, domain: { kind: 'choice', options: ['True', 'False'] } };
  const value = numberOf(literal);
  if (value === null || value <= 0) return null;
  const whole = isWhole(literal);
  const low = whole ? Math.max(1, Math.ceil(value / UNMARKED_FACTOR)) : value / UNMARKED_FACTOR;
  return {
    name,
    literal,
    about: comment,
    domain: { kind: 'range', low, high: value * UNMARKED_FACTOR, log: true, whole },
  };
}

/** Options are separated by commas outside brackets and quotes. */
function splitOptions(text: string): string[] {
  const options = text.match(/(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\([^)]*\)|\[[^\]]*\]|[^,"'([])+/g) ?? [];
  return options.map((option) => option.trim()).filter((option) => option !== '');
}

/** The value of a number as Python writes it (also `2**17`), or null. */
export function numberOf(literal: string): number | null {
  const power = /^(\d+)\s*\*\*\s*(\d+)$/.exec(literal);
  if (power) return Number(power[1]) ** Number(power[2]);
  if (!/^[-+]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][-+]?\d+)?$/.test(literal)) return null;
  const value = Number(literal.replaceAll('_', ''));
  return Number.isFinite(value) ? value : null;
}

function isWhole(literal: string): boolean {
  return /^[-+]?[\d_]+$/.test(literal) || literal.includes('**');
}
