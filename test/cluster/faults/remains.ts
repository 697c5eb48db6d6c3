// What a fault may never have touched: ids, attempts, Jobs, rows, and the slot.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { label } from '../../../controller/adapters/kubernetes/manifest/names.ts';
import { type AttemptResult, attemptResultSchema } from '../../../controller/core/verdict.ts';
import { decode, type Row } from '../../../controller/report/results-tsv.ts';
import { autoresearch } from '../../cli/command.ts';
import { jobOf, type Lab } from './lab.ts';
import { until } from './waiting.ts';

interface Remains {
  readonly rows: readonly Row[];
  /** By experiment, in the order of attempts: `lost drained`, `finished`, `crashed oom`. */
  readonly outcomes: Readonly<Record<string, readonly string[]>>;
  readonly tried: Readonly<Record<string, readonly AttemptResult[]>>;
}

/**
 * Reads what a lane left behind after its controller ended, and asserts what holds after any fault: dense ids with a
 * row each, attempts from 1 on with a durable outcome, one start of a container per attempt, rows as `rebuild` makes
 * them, every file and log in place, nothing that runs. `unstarted`: Jobs of attempts that no container was started for.
 */
export async function remainsOf(lab: Lab, unstarted: readonly string[] = []): Promise<Remains> {
  const rows = await rebuilt(lab);
  const ids = Array.from({ length: lab.tried + 1 }, (_, n) => `${n}`.padStart(6, '0'));
  expect(rows.map((row) => row.experiment).sort()).toEqual(ids);
  const tried: Record<string, AttemptResult[]> = {};
  for (const id of ids) {
    tried[id] = await attemptsOf(lab, id);
    expect(tried[id].length, `attempts of ${id}`).toBe(
      Number(rows.find((row) => row.experiment === id)!.attempts),
    );
  }
  const begun = ids.slice(1).flatMap((id) => tried[id]!.map(({ n }) => jobOf(id, n)));
  expect(await starts(lab)).toEqual(begun.filter((job) => !unstarted.includes(job)).sort());
  await nothingRuns(lab);
  const words = Object.entries(tried).map(([id, all]) => [
    id,
    all.map(({ outcome }) => `${outcome.kind} ${outcome.reason}`.trim()),
  ]);
  return { rows, outcomes: Object.fromEntries(words), tried };
}

/** results.tsv as the controller left it, equal to the byte to what `rebuild` writes. */
async function rebuilt(lab: Lab): Promise<Row[]> {
  const file = join(lab.data, 'store', 'main', 'results.tsv');
  const live = await readFile(file, 'utf8');
  const { code, err } = await autoresearch('rebuild', '--dir', lab.data, '--lane', 'main');
  expect(code, err).toBe(0);
  expect(await readFile(file, 'utf8')).toBe(live);
  const decoded = decode(live);
  if (decoded.kind !== 'rows') throw new Error(`results.tsv cannot be read: ${JSON.stringify(decoded)}`);
  return [...decoded.rows];
}

async function attemptsOf(lab: Lab, id: string): Promise<AttemptResult[]> {
  const folder = join(lab.data, 'store', 'main', 'experiments', id);
  const numbers = (await readdir(folder)).filter((name) => /^\d+$/.test(name)).map(Number);
  const all = numbers
    .sort((a, b) => a - b)
    .map(async (n) => {
      const read = (name: string) => readFile(join(folder, `${n}`, name), 'utf8');
      const tried = attemptResultSchema.parse(JSON.parse(await read('result.json')));
      expect(tried.n).toBe(n);
      if (tried.outcome.logNote === '') await read('run.log');
      return tried;
    });
  return Promise.all(all);
}

/** The Job of every container start that the cluster tells of, sorted. */
async function starts(lab: Lab): Promise<string[]> {
  interface Event {
    readonly reason: string;
    readonly involvedObject: { readonly kind: string; readonly name: string };
    readonly count?: number;
  }
  const events = await lab.list<Event>(lab.path('', 'events'));
  return events
    .filter(({ reason, involvedObject }) => reason === 'Started' && involvedObject.kind === 'Pod')
    .flatMap(({ involvedObject, count }) =>
      Array.from({ length: count ?? 1 }, () => involvedObject.name.replace(/-[a-z0-9]{5}$/, '')),
    )
    .sort();
}

/** Every Job is settled, and no Pod holds a place on a node. */
async function nothingRuns(lab: Lab): Promise<void> {
  expect((await lab.jobs()).filter((job) => job.metadata?.labels?.[label.status] === undefined)).toEqual([]);
  await until('no Pod holds a place', async () => (await lab.pods()).every(isOver));
}

function isOver({ status }: { status?: { phase?: string } }): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}
