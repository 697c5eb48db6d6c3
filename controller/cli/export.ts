// `rebuild` and `export`: the lane's results from git and store alone.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from '../adapters/git/bundle.ts';
import { keys } from '../core/keys.ts';
import { Failure } from './failure.ts';
import { type Reading, read, type Where } from './reading.ts';
import { storedAt } from './storage.ts';
import { floorOf } from './text.ts';
import { viewsFrom, viewsOf } from './views.ts';

/** Writes results.tsv and the picture anew; says whether the rows differed from what was there. */
export async function rebuild(where: Where): Promise<void> {
  const reading = await read(where);
  refuseForeign(reading);
  const { lane, place, settings, store, ledger } = reading;
  const before = await store.get(keys.results(lane));
  await viewsOf(lane, store, await floorOf(place, lane))(ledger.decisions);
  const after = (await store.get(keys.results(lane)))!;
  const same = before !== null && Buffer.from(before).equals(Buffer.from(after));
  const words = same
    ? 'as it was, to the byte'
    : before
      ? 'it differed from what was there'
      : 'there was none';
  process.stderr.write(
    `${storedAt(settings.store, place.store, lane)}/results.tsv: ${ledger.decisions.length} rows, ${words}\n`,
  );
}

/** Writes a git bundle, results.tsv and the picture into a folder that need not exist. */
export async function exportLane(where: Where, folder: string): Promise<void> {
  const reading = await read(where);
  refuseForeign(reading);
  const { lane, place, repo, ledger } = reading;
  if (!ledger.standing)
    throw new Failure(3, 'nothing is kept yet, so there is nothing to export; run autoresearch dev');
  await mkdir(folder, { recursive: true });
  await bundle(repo, lane, join(folder, `${lane}.bundle`));
  const { rows, picture } = viewsFrom(lane, ledger.decisions, await floorOf(place, lane));
  await writeFile(join(folder, 'results.tsv'), rows);
  await writeFile(join(folder, 'progress.svg'), picture);
  process.stderr.write(`${folder}: ${lane}.bundle, results.tsv, progress.svg\n`);
  process.stderr.write(
    `To get the code: git clone -b autoresearch/${lane} ${join(folder, `${lane}.bundle`)}\n`,
  );
}

function refuseForeign({ view }: Reading): void {
  if (view.foreign) throw new Failure(3, view.foreign);
}
