// What people install: the chart on a real cluster, two lanes in two pools, its controller ended again and again.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dice } from '../../sim/dice.ts';
import { loadedImage, needsCluster, present, theCluster } from '../fixture.ts';
import { Jobs, Release, type Row, until } from './release.ts';
import { cpuPool, imageOf } from './small-values.ts';
import { claimVolume, removeVolume } from './volume.ts';

const long = process.env.TIER === 'cluster-long';
const FIRST = long ? 10 : 3; // experiments of a lane before the disturbance
const ALL = long ? 20 : 6;
const DELETIONS = long ? 10 : 3;
const MINUTES = 60_000;
const LANES = ['a', 'b'];

const found = await theCluster(['helm']);
const namespace = `install-${process.pid}`;
const runs = `${namespace}-runs`;

const trainPy = await readFile(join(import.meta.dirname, '../../../harness/cpu/train.py'), 'utf8');

let folder: string;
let release: Release;
let jobs: Jobs | undefined;
let values: (experiments: number) => object;

beforeAll(async () => {
  if ('missing' in found) return;
  const [controller, trainer] = [await loadedImage(found, 'controller'), await loadedImage(found, 'trainer')];
  folder = await mkdtemp(join(tmpdir(), 'install-'));
  await found.kubectl(['create', 'namespace', namespace]);
  release = new Release(found, namespace);
  const existingClaim = await claimVolume(found, namespace);
  values = (experiments) => ({
    lanes: LANES.map((name) => ({
      name,
      pool: name,
      trainer: 'cpu',
      budgetSeconds: 1,
      wallSeconds: 120,
      limits: { maxGpuHours: 2, experiments },
      // The baseline of a learns so slowly that the file as it is, tried later, is a keep for certain.
      ...(name === 'a' && {
        trainPy: trainPy.replace(/^LEARNING_RATE = [\d.]+/m, 'LEARNING_RATE = 0.0005'),
      }),
    })),
    pools: LANES.map((name) => ({
      ...cpuPool(trainer, name),
      nodeSelector: { 'autoresearch.dev/pool': name },
    })),
    runs: { namespace: runs, createNamespace: true, ttlSeconds: 5 },
    image: imageOf(controller),
    persistence: { existingClaim },
    resources: { requests: { cpu: '50m' } },
  });
}, 30 * MINUTES);

afterAll(async () => {
  if ('missing' in found) return;
  await jobs?.end();
  await found.kubectl(['delete', 'namespace', namespace, runs, '--ignore-not-found']);
  await removeVolume(found, namespace);
  await rm(folder, { recursive: true });
}, 5 * MINUTES);

describe('the chart, installed', { timeout: 30 * MINUTES }, () => {
  beforeEach(needsCluster(found));

  it('measures two lanes in two pools to their caps, and leaves rows, logs and no Job', async () => {
    const notes = await release.install(values(FIRST));
    expect(notes).toContain(`kubectl -n ${runs} get jobs`);
    await measured(FIRST);
    for (const lane of LANES) {
      const rows = await release.rows(lane);
      inOrder(rows, FIRST);
      expect(await release.autoresearch('rebuild', '--lane', lane)).toBe('');
      expect(await release.rows(lane)).toEqual(rows);
      for (const { experiment, status } of rows) {
        const log = await release.autoresearch('show', experiment!, '--log', '--lane', lane);
        expect(log).toContain(status === 'crash' ? '[supervisor: ' : 'val_bpb:');
      }
    }
    await tidy();
  });

  it("takes orders from a laptop: a word to the proposer, a file of one's own, an export", async () => {
    // From before the file is given: whichever controller starts next measures it, one after a deleted Pod, too.
    jobs = new Jobs(present(found), runs);
    await release.autoresearch('guide', 'stay small', '--lane', 'a');
    expect(await release.autoresearch('status', '--lane', 'a', '-o', 'json')).toContain('stay small');
    const file = join(folder, 'mine.py');
    await writeFile(file, `${trainPy}\n# mine\n`.replace('WIDTH = 128', 'WIDTH = 129'));
    await release.autoresearch('try', file, '-m', 'a little wider', '--lane', 'a');
    await release.autoresearch('export', join(folder, 'out'), '--lane', 'a');
    expect((await readdir(join(folder, 'out'))).sort()).toEqual([
      'a.bundle',
      'card-dark.png',
      'card.png',
      'progress-dark.svg',
      'progress.png',
      'progress.svg',
      'replays.json',
      'report.html',
      'results.tsv',
    ]);
  });

  it('shows its page to a laptop, under the same link after twenty cuts and after its Pod is gone', async () => {
    const page = await release.page();
    try {
      expect(await page.lanes()).toEqual([...LANES]);
      for (let cut = 0; cut < 20; cut++) await page.cut('port-forward');
      await release.kubectl('delete', 'pod', (await release.pod())!);
      await until('the page', 5, async () => ((await page.lanes()) === null ? null : true));
      expect(await page.lanes()).toEqual([...LANES]);
    } finally {
      expect(await page.end()).toBe(0);
    }
  });

  it('adopts what runs when its Pod is deleted at any moment and the release upgraded in between', async () => {
    await release.install(values(ALL));
    for (let i = 0; i < DELETIONS; i++) {
      // Somewhere in a cycle of some seconds: which call it hits is up to the machine.
      await new Promise((done) => setTimeout(done, 1000 + 6000 * dice(1, 'deleted', i)));
      const pod = await until('controller', 10, () => release.pod());
      await release.kubectl(
        'delete',
        'pod',
        pod,
        '--wait=false',
        ...(i % 2 ? ['--grace-period=0', '--force'] : []),
      );
      if (i === DELETIONS >> 1)
        await release.install({ ...values(ALL), podAnnotations: { upgraded: 'yes' } });
    }
    await measured(ALL);
    for (const lane of LANES) {
      const rows = await release.rows(lane);
      inOrder(rows, ALL);
      expect(await release.repeated(lane)).toEqual([]);
    }
    const [mine] = (await release.rows('a')).filter(({ source }) => source === 'human');
    expect(mine).toMatchObject({
      experiment: String(FIRST + 1).padStart(6, '0'),
      description: 'a little wider',
    });
    await tidy();
    const made = await jobs!.end();
    expect([...made].filter(([, times]) => times !== 1)).toEqual([]);
    expect(made.size).toBe(LANES.length * (ALL - FIRST));
  });

  it('measures baseline and tip again as Jobs when asked whether the keeps are real, and leaves none of them', async () => {
    const rows = await release.rows('a');
    const out = await release.autoresearch('replay', '--times', '2', '--lane', 'a', '-o', 'json');
    const [baseline, tip, gain] = JSON.parse(out);
    expect([baseline, tip]).toMatchObject([
      { what: 'baseline', n: 2, failed: 0 },
      { what: 'tip', n: 2, failed: 0 },
    ]);
    expect(Number(gain.mean)).toBeGreaterThan(0);
    await tidy();
    expect(await release.rows('a')).toEqual(rows);
  });

  it('goes without a Job left behind; results stay, and the namespace of the runs with what others have there', async () => {
    const { kubectl } = present(found);
    await kubectl(['-n', runs, 'create', 'configmap', 'theirs']);
    // A namespace that is being deleted shows what it holds for some seconds more.
    const phase = () => kubectl(['get', 'namespace', runs, '-o', 'jsonpath={.status.phase}']);
    await release.install({
      ...values(ALL),
      runs: { namespace: runs, createNamespace: false, ttlSeconds: 5 },
    });
    expect(await phase()).toBe('Active');
    await release.install(values(ALL));
    await release.uninstall();
    const kept = await release.kubectl('get', 'persistentvolumeclaim', 'data', '-o', 'name');
    expect(kept).toBe('persistentvolumeclaim/data');
    await tidy();
    expect(await phase()).toBe('Active');
    expect(await kubectl(['-n', runs, 'get', 'configmap', 'theirs', '-o', 'name'])).toBe('configmap/theirs');
  });
});

/** Waits until every lane has as many rows beyond its baseline. */
async function measured(experiments: number): Promise<void> {
  for (const lane of LANES)
    await until(`row ${experiments} of lane ${lane}`, 15, async () => {
      const rows = await release.rows(lane).catch(() => []); // the Pod may go in the middle of an answer
      return rows.length > experiments ? rows : null;
    });
}

/** Ids are dense, the baseline is first and kept, every keep is strictly lower than the one before, nothing was lost. */
function inOrder(rows: readonly Row[], experiments: number): void {
  expect(rows.map(({ experiment }) => Number(experiment))).toEqual(
    Array.from({ length: experiments + 1 }, (_, i) => i),
  );
  const keeps = rows.filter(({ status }) => status === 'keep').map(({ val_bpb }) => Number(val_bpb));
  expect(rows[0]!.status).toBe('keep');
  expect(keeps).toEqual([...new Set(keeps)].sort((a, b) => b - a));
  expect(rows.filter(({ error, sealed }) => error!.startsWith('lost') || sealed !== 'landlock')).toEqual([]);
}

async function left(): Promise<string> {
  return present(found).kubectl(['-n', runs, 'get', 'jobs,pods', '-o', 'name']);
}

/** After the time to live nothing of the runs is there. */
async function tidy(): Promise<void> {
  await until('end of the last Job', 10, async () => ((await left()) === '' ? true : null));
}
