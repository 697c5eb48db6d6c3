// What a person brings along: memory for the proposer, and nothing else.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { importedSchema } from '../../controller/brief.ts';
import { forgetImported, importTable } from '../../controller/cli/steer/import.ts';
import { keys } from '../../controller/core/keys.ts';
import { decode } from '../../controller/std/json.ts';
import { read } from '../../controller/wiring/lane-reader.ts';
import { storedLane } from './stored.ts';

const HEAD = 'commit\tval_bpb\tmemory_gb\tstatus\tdescription\n';

test('rows are added once, show up nowhere but in what the proposer is told, and can be forgotten', async () => {
  await using lane = await storedLane();
  await lane.run(1);
  const where = { dir: lane.dir };
  const file = join(lane.dir, 'past.tsv');
  const imported = async () => {
    const { store } = await read(where);
    return importedSchema.parse(decode((await store.get(keys.imported('main')))!)).rows;
  };
  const decided = async () => (await read(where)).ledger.decisions.length;
  const before = await decided();
  await writeFile(file, `${HEAD}a\t1.5\t0\tkeep\tA: more\nb\t0.000000\t0\tcrash\tB: less\n`);
  await importTable(where, file);
  await importTable(where, file);
  await writeFile(file, `${HEAD}a\t1.5\t0\tkeep\tA: more\nc\t1.25\t0\tdiscard\tC: other\n`);
  await importTable(where, file);
  expect((await imported()).map((row) => row.description)).toEqual(['A: more', 'B: less', 'C: other']);
  expect(await decided()).toBe(before);
  await lane.run(2);
  expect(await decided()).toBe(before + 1);
  await writeFile(file, 'id\tname\n1\tx\n');
  await expect(importTable(where, file)).rejects.toMatchObject({
    code: 2,
    message: expect.stringMatching(/lacks/),
  });
  await expect(importTable(where, join(lane.dir, 'none.tsv'))).rejects.toThrow(/check the path/);
  expect(await imported()).toHaveLength(3);
  await forgetImported(where);
  expect(await imported()).toEqual([]);
});
