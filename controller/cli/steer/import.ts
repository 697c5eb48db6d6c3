// What a person tried elsewhere, as memory for the proposer. It decides nothing here.
import { readFile, stat } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { type ImportedExperiment, importedSchema } from '../../brief.ts';
import { keys } from '../../core/keys.ts';
import { Failure } from '../../failure.ts';
import { importedTable } from '../../report/imported-table.ts';
import { encode, parse } from '../../std/json.ts';
import { text } from '../../std/text.ts';
import { type LaneSelector, read } from '../../wiring/lane-reader.ts';
import { talk } from '../terminal/terminal.ts';

const BYTES_AT_MOST = 16 << 20;

/** Adds the rows of a results.tsv (`-` is stdin) to those that were imported before. Failure 2 where it is none. */
export async function importTable(where: LaneSelector, file: string): Promise<void> {
  const { lane, store } = await read(where);
  const table = importedTable(await textOf(file), file === '-' ? 'the table' : file);
  if (table.kind === 'refused') throw new Failure(2, table.sentence);
  const key = keys.imported(lane);
  const stored = await store.get(key);
  const before = stored ? parse(importedSchema, stored, 'imported.json').rows : [];
  const known = new Set(before.map(nameOf));
  const fresh = table.rows.filter((row) => !known.has(nameOf(row)));
  await store.put(key, encode({ rows: [...before, ...fresh] }));
  const left = table.leftOut === 0 ? '' : ` (${table.leftOut} rows have no result and are left out)`;
  talk(
    `${fresh.length} experiments are imported into ${lane}${left}; its proposer is told of ${before.length + fresh.length} from its next request on`,
  );
}

/** Removes all that was imported. */
export async function forgetImported(where: LaneSelector): Promise<void> {
  const { lane, store } = await read(where);
  await store.put(keys.imported(lane), encode({ rows: [] }));
  talk(`what was imported into ${lane} is forgotten`);
}

function nameOf({ description, status, valBpb }: ImportedExperiment): string {
  return JSON.stringify([description, status, valBpb]);
}

async function textOf(file: string): Promise<string> {
  const found = file === '-' ? null : await stat(file).catch(() => null);
  if (file !== '-' && !found?.isFile()) throw new Failure(2, `there is no file ${file}; check the path`);
  if ((found?.size ?? 0) > BYTES_AT_MOST)
    throw new Failure(2, `${file} is larger than 16 MiB; give its newest rows alone`);
  const bytes = found ? await readFile(file) : await buffer(process.stdin);
  return text(bytes);
}
