// The message of a frontier commit: what a person reads in `git log`, and trailers that carry the whole decision.
import { type Draft, decisionSchema } from '../../core/decision.ts';
import { oneLine } from '../../std/text.ts';

/** Raised when the format changes, so that an older controller can say "newer" instead of "foreign". */
const SCHEMA = '1';

type Form = 'text' | 'number' | 'metric' | 'metrics';

/** Trailers in the order in which they stand. `base` is special: it stands only where it is not the tip. */
const trailers: Record<keyof Draft, readonly [name: string, form: Form]> = {
  experiment: ['Experiment', 'text'],
  status: ['Status', 'text'],
  reason: ['Reason', 'text'],
  sentence: ['Sentence', 'text'],
  description: ['Description', 'text'],
  source: ['Source', 'text'],
  stackOf: ['Stack-Of', 'text'],
  valBpb: ['Val-Bpb', 'metric'],
  screenBpb: ['Screen-Bpb', 'metric'],
  measured: ['Measured', 'metrics'],
  unseenBpb: ['Unseen-Bpb', 'metric'],
  unseenParts: ['Unseen-Parts', 'text'],
  tip: ['Tip', 'text'],
  base: ['Measured-On', 'text'],
  baseBpb: ['Base-Bpb', 'metric'],
  memoryMb: ['Memory-Mb', 'number'],
  trainSha256: ['Train-Sha256', 'text'],
  proposedSha256: ['Proposed-Sha256', 'text'],
  attempts: ['Attempts', 'number'],
  lastCause: ['Last-Cause', 'text'],
  error: ['Error', 'text'],
  sealed: ['Sealed', 'text'],
  trainingSeconds: ['Training-Seconds', 'number'],
  wallSeconds: ['Wall-Seconds', 'number'],
  spentSeconds: ['Spent-Seconds', 'number'],
  gpu: ['Gpu', 'text'],
  image: ['Image', 'text'],
  program: ['Program', 'text'],
  seed: ['Seed', 'number'],
  conditions: ['Conditions', 'text'],
  timestampMs: ['Timestamp-Ms', 'number'],
  epoch: ['Epoch', 'number'],
  seq: ['Seq', 'number'],
};
const fields = Object.keys(trailers) as (keyof Draft)[];
const fieldOf = new Map(fields.map((field) => [trailers[field][0], field]));
const draftSchema = decisionSchema.omit({ commit: true });

/** What a line of its own, or a terminal, would take for something else: controls, separators, half a pair. */
const unprintable = /[\p{Cc}\u2028\u2029\p{Surrogate}]/gu;

/** The commit message of a draft. `decodeMessage` gives back the identical draft, whatever its texts hold. */
export function encodeMessage(draft: Draft): string {
  const subject = plain(draft.description) || `experiment ${draft.experiment}`;
  const body = plain(draft.sentence);
  const lines = [`Schema: ${SCHEMA}`];
  for (const field of fields) {
    const value = draft[field];
    // Commits of before have no number on unseen text.
    const absent = value === '' || (field === 'unseenBpb' && value === null);
    const implied = field === 'base' ? value === draft.tip : absent;
    if (value !== undefined && !implied) lines.push(`${trailers[field][0]}: ${encodeValue(field, value)}`);
  }
  return `${[subject, ...(body === '' ? [] : [body]), lines.join('\n')].join('\n\n')}\n`;
}

type DecodedMessage = { kind: 'draft'; draft: Draft } | { kind: 'unreadable'; sentence: string };

/** The draft in a commit's message, or a clause that says why there is none. */
export function decodeMessage(message: string): DecodedMessage {
  const found: Record<string, string | number | number[] | null> = {};
  const lines = message.slice(message.lastIndexOf('\n\n') + 2).split('\n');
  for (const line of lines.slice(0, -1)) {
    const at = line.indexOf(': ');
    const [name, text] = [line.slice(0, at), line.slice(at + 2)];
    if (name === 'Schema') {
      if (text === SCHEMA) continue;
      return unreadable(`its trailers have schema ${text}, which this version of autoresearch cannot read`);
    }
    const field = fieldOf.get(name);
    const value = field && decodeValue(field, text);
    if (!field || value === undefined || field in found) return unreadable('its message is not a decision');
    found[field] = value;
  }
  for (const field of fields) {
    if (field !== 'base' && trailers[field][1] === 'text') found[field] ??= field in found ? null : '';
  }
  const base = 'base' in found ? found.base : found.tip;
  const parsed = draftSchema.safeParse({ ...found, base });
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path[0] as keyof Draft;
    return unreadable(`its trailer ${trailers[field]?.[0]} is missing or out of range`);
  }
  // The same decision in other bytes was not written by encodeMessage: somebody edited it.
  if (encodeMessage(parsed.data) !== message) return unreadable('its message was edited');
  return { kind: 'draft', draft: parsed.data };
}

function unreadable(sentence: string): DecodedMessage {
  return { kind: 'unreadable', sentence };
}

function plain(text: string): string {
  return oneLine(text.replace(unprintable, ' '));
}

function encodeValue(field: keyof Draft, value: NonNullable<Draft[keyof Draft]> | null): string {
  if (value === null) return 'none';
  const encoded = (one: string | number) =>
    typeof one === 'number' ? encodeNumber(one, trailers[field][1]) : one;
  if (typeof value === 'object') return value.map(encoded).join(' ');
  if (typeof value === 'number') return encoded(value);
  const asIs = value === plain(value) && !/^(none$|"|$)/.test(value);
  return asIs ? value : JSON.stringify(value).replace(unprintable, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A metric has six decimals where they say it exactly; else the shortest text that reads back as the same number. */
function encodeNumber(value: number, form: Form): string {
  if (Object.is(value, -0)) return '-0';
  const fixed = value.toFixed(6);
  return form.startsWith('metric') && Number(fixed) === value ? fixed : String(value);
}

/** undefined: nothing that encodeValue writes. */
function decodeValue(field: keyof Draft, text: string): string | number | number[] | null | undefined {
  if (text === 'none') return null;
  if (trailers[field][1] === 'metrics') return text === '' ? undefined : text.split(' ').map(Number);
  if (trailers[field][1] !== 'text') return text === '' ? undefined : Number(text);
  if (!text.startsWith('"')) return text;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
