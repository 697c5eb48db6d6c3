// The block that train.py prints at its end. Nobody's word for it: what is printed here never keeps a commit (I5).
import { lastLines } from './runlog.ts';

/** Keys and their order as upstream prints them; counts are whole numbers. */
const KEYS = [
  'val_bpb',
  'training_seconds',
  'total_seconds',
  'peak_vram_mb',
  'mfu_percent',
  'total_tokens_M',
  'num_steps',
  'num_params_M',
  'depth',
] as const;
const COUNTS: readonly Key[] = ['num_steps', 'depth'];

type Key = (typeof KEYS)[number];
/** The printed block, with the names as printed: seconds, MiB, percent, millions. */
type Summary = Readonly<Record<Key, number>>;

/** `failed`: training gave up by itself (FAIL). `ambiguous`: more than one block, so none is believed. */
type Printed =
  | { readonly kind: 'summary'; readonly summary: Summary }
  | { readonly kind: 'missing' | 'ambiguous' | 'failed'; readonly sentence: string };

/**
 * The one complete summary in the last 64 KiB of a run log. Complete is `---` and then the nine keys, each on its
 * line, in order, with plain decimal numbers; a `val_bpb` anywhere else counts for nothing.
 */
export function parse(log: Uint8Array): Printed {
  const lines = lastLines(log);
  const found: { summary: Summary; end: number }[] = [];
  let broken = '';
  for (const [at, line] of lines.entries()) {
    if (line !== '---') continue;
    const block = readBlock(lines.slice(at + 1, at + 1 + KEYS.length));
    if (typeof block === 'string') broken = block;
    else found.push({ summary: block, end: at + KEYS.length });
  }
  if (found.length > 1)
    return { kind: 'ambiguous', sentence: `the log holds ${found.length} summaries; print exactly one` };
  const failed = lines.findLastIndex(saysFail);
  const only = found[0];
  if (only && failed < only.end) return { kind: 'summary', summary: only.summary };
  if (failed >= 0)
    return { kind: 'failed', sentence: 'train.py printed FAIL: its loss was NaN or above 100' };
  return {
    kind: 'missing',
    sentence: broken || 'the log ends without a summary; print --- and the nine lines after evaluation',
  };
}

/** FAIL stands at the end of a line: the progress line before it was written without a newline. */
function saysFail(line: string): boolean {
  return /(?:^|\s)FAIL$/.test(line);
}

function readBlock(lines: readonly string[]): Summary | string {
  const values: Partial<Record<Key, number>> = {};
  for (const [i, key] of KEYS.entries()) {
    const line = lines[i];
    if (line === undefined) return `the summary ends before ${key}; print all nine lines`;
    if (!line.startsWith(`${key}:`))
      return `the summary has "${line.slice(0, 40)}" where ${key} belongs; print the nine keys in order`;
    const text = line.slice(key.length + 1).trim();
    const wanted = COUNTS.includes(key) ? /^\d{1,15}$/ : /^\d{1,15}(?:\.\d{1,15})?$/;
    if (!wanted.test(text))
      return `${key} is "${text.slice(0, 40)}" in the summary; print it as a plain decimal number`;
    values[key] = Number(text);
  }
  return values as Summary;
}
