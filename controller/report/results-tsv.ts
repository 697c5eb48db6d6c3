// results.tsv: the view that people and karpathy's notebook read. Never the truth: it is rebuilt from git and store.
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import type { Decision } from '../core/decision.ts';
import { printable } from '../std/text.ts';

/** The first five are upstream's, in upstream's order; ours follow. */
export const COLUMNS = [
  'commit',
  'val_bpb',
  'memory_gb',
  'status',
  'description',
  'timestamp',
  'experiment',
  'attempts',
  'parent',
  'source',
  'error',
  'sealed',
  'training_seconds',
  'wall_seconds',
  'gpu',
  'image',
  'program',
  'seed',
  'unseen_bpb',
] as const;
type Column = (typeof COLUMNS)[number];

/** One line of results.tsv, cell by cell as it is written: a missing metric is `0.000000`, a missing word ''. */
export type Row = Readonly<Record<Column, string>>;

/** The row of a decision. Hashes are cut for people: commits to 7 digits, program to 12. */
export function rowOf(d: Decision): Row {
  if (d.status !== 'crash' && d.valBpb === null)
    throw new Error(`experiment ${d.experiment} is a ${d.status} without a metric`);
  const crash = d.status === 'crash';
  return {
    commit: d.commit.slice(0, 7),
    val_bpb: crash ? '0.000000' : d.valBpb!.toFixed(6),
    memory_gb: crash ? '0.0' : (d.memoryMb / 1024).toFixed(1),
    status: d.status,
    description: cell(d.description),
    timestamp: new Date(d.timestampMs).toISOString(),
    experiment: d.experiment,
    attempts: String(d.attempts),
    parent: d.base?.slice(0, 7) ?? '',
    source: d.source,
    error: cell(d.error),
    sealed: d.sealed,
    training_seconds: d.trainingSeconds.toFixed(1),
    wall_seconds: d.wallSeconds.toFixed(1),
    gpu: cell(d.gpu),
    image: cell(d.image),
    program: d.program.slice(0, 12),
    seed: String(d.seed),
    unseen_bpb: d.unseenBpb?.toFixed(6) ?? '',
  };
}

/**
 * Free text as a cell: on one line, without controls, and with an apostrophe before a leading `=`, `+`, `-` or `@`,
 * so that a spreadsheet shows it instead of running it. The apostrophe stays when the file is read back.
 */
export function cell(text: string): string {
  const flat = PLAIN.test(text) ? text : printable(text.replace(BREAKS, ' ')).trim();
  return /^[=+\-@]/.test(flat) ? `'${flat}` : flat;
}

/** Most cells: nothing in them to clean. */
const PLAIN = /^(?:[!-~](?:[ -~]*[!-~])?)?$/;
const BREAKS = /[\t\r\n\v\f\u0085\u2028\u2029]+/g;

const HEADER = `${COLUMNS.join('\t')}\n`;
/** Decisions never change, so each is encoded once however often the file is rewritten. */
const lines = new WeakMap<Decision, string>();

/** The whole of results.tsv; decisions stand in the order given. */
export function encode(decisions: readonly Decision[]): string {
  return HEADER + decisions.map(lineOf).join('');
}

function lineOf(decision: Decision): string {
  let line = lines.get(decision);
  if (line === undefined) {
    const cells = Object.values(rowOf(decision));
    const bare = `${cells.join('\t')}\n`;
    // Cells hold no tab and no line break, so only a quote asks for quoting.
    line = bare.includes('"') ? stringify([cells], { delimiter: '\t' }) : bare;
    lines.set(decision, line);
  }
  return line;
}

type DecodedRows =
  | { readonly kind: 'rows'; readonly rows: readonly Row[] }
  | { readonly kind: 'refused'; readonly sentence: string };

/**
 * Reads any results.tsv that karpathy's notebook would: columns by name, ours or unknown ones may be missing or
 * more, a status in capitals or with spaces. Lines whose status is none of the three words are left out.
 */
export function decode(text: string): DecodedRows {
  let records: string[][];
  try {
    records = parse(text, {
      delimiter: '\t',
      bom: true,
      recordDelimiter: ['\r\n', '\n', '\r'],
      relaxColumnCount: true,
      relaxQuotes: true,
      skipEmptyLines: true,
    });
  } catch (error) {
    const sentence = `results.tsv cannot be read: ${(error as Error).message}; write it again with autoresearch rebuild`;
    return { kind: 'refused', sentence };
  }
  const [header = [], ...body] = records;
  const missing = COLUMNS.slice(0, 5).filter((name) => !header.includes(name));
  if (missing.length > 0)
    return {
      kind: 'refused',
      sentence: `results.tsv lacks the columns ${missing.join(', ')}; write it again with autoresearch rebuild`,
    };
  const at = COLUMNS.map((name) => header.indexOf(name));
  const rows = body.map((record) => {
    const row = Object.fromEntries(COLUMNS.map((name, i) => [name, record[at[i]!] ?? ''])) as Record<
      Column,
      string
    >;
    row.status = row.status.trim().toLowerCase();
    return row;
  });
  return { kind: 'rows', rows: rows.filter((row) => ['keep', 'discard', 'crash'].includes(row.status)) };
}
