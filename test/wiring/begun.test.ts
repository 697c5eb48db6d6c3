// What a lane was begun with, against the settings of a later start: the same rules on a laptop and on a cluster.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { DirectoryStore } from '../../controller/adapters/directory/store.ts';
import type { GivenLane } from '../../controller/settings/begun.ts';
import { readClusterConfig } from '../../controller/settings/cluster.ts';
import { clusterDefaults } from '../../controller/settings/lane.ts';
import { begunWith, type LaneHome, remember, resume } from '../../controller/wiring/begun.ts';
import { storedLane } from '../cli/stored.ts';

const least = clusterDefaults.wallAtLeast;

async function clusterLane(lane: object, pool: object = {}): Promise<GivenLane> {
  const dir = await mkdtemp(join(tmpdir(), 'begun-'));
  const file = join(dir, 'lab.yaml');
  const names = ['small', 'large'];
  const pools = names.map((name) => ({ name, image: 'trainer:1', gpu: { count: 0 }, ...pool }));
  const whole = { name: 'main', pool: 'small', trainer: 'cpu', limits: { maxGpuHours: 1 }, ...lane };
  await writeFile(file, stringify({ lanes: [whole], pools, data: dir }));
  const { lanes } = await readClusterConfig(file);
  await rm(dir, { recursive: true });
  return lanes[0]!;
}

/** A lane on disk, with a baseline or without one, that was begun with these settings. */
async function begun(
  lane: object,
  baseline: boolean,
  work: (home: LaneHome) => Promise<void>,
  pool: object = {},
) {
  await using stored = await storedLane();
  if (baseline) await stored.run(0);
  const store = new DirectoryStore(stored.paths.store);
  await remember(store, 'main', begunWith(await clusterLane(lane, pool)), false);
  await work({ paths: stored.paths, store, frontier: { url: '', credentials: '' } });
}

test.each([
  [
    'pool',
    { pool: 'large' },
    'pool small, and not large; take pool out of its values to go on, or add a lane with another name',
  ],
  [
    'budgetSeconds',
    { budgetSeconds: '2m' },
    'budgetSeconds 60s, and not 120s; take budgetSeconds out of its values',
  ],
  ['seed', { seed: 42 }, 'seed 7, and not 42; take seed out'],
  ['confirm', { confirm: 0 }, 'confirm 2, and not 0; take confirm out'],
  ['requireSealed', { requireSealed: true }, 'requireSealed false, and not true; take requireSealed out'],
  [
    'trainPy',
    { trainPy: 'print(2)\n' },
    'another train.py; try this one with autoresearch try FILE -m TEXT, or take trainPy out of its values',
  ],
])('a cluster’s lane with a baseline refuses another %s', async (_, other, words) => {
  const first = { budgetSeconds: 60, seed: 7, confirm: 2, requireSealed: false, trainPy: 'print(1)\n' };
  await begun(first, true, async (home) => {
    const bare = await resume(await clusterLane({}), home, least);
    expect(bare).toMatchObject({ ...first, wallSeconds: 600 });
    expect(await resume(await clusterLane(first), home, least)).toMatchObject(first);
    const said = await resume(await clusterLane(other), home, least);
    expect(said).toContain(`lane main was begun with ${words}`);
  });
});

const digest = (digit: string) => `trainer@sha256:${digit.repeat(64)}`;
test.each([
  [
    'image',
    { image: digest('1') },
    { image: digest('2') },
    `image sha256:${'1'.repeat(64)}, and not sha256:${'2'.repeat(64)}`,
  ],
  [
    'slice of a GPU',
    { gpu: {} },
    { gpu: { resource: 'nvidia.com/mig-1g.10gb' } },
    'gpu nvidia.com/gpu, and not nvidia.com/mig-1g.10gb',
  ],
  ['kind of GPU', { gpu: {} }, { gpu: { claimTemplate: 'half' } }, 'gpu nvidia.com/gpu, and not claim half'],
])(
  'before anything runs, a lane whose pool has another %s is refused with both ways out',
  async (_, was, is, words) => {
    const work = async (home: LaneHome) => {
      expect(await resume(await clusterLane({}, was), home, least)).toMatchObject({ name: 'main' });
      const said = await resume(await clusterLane({}, is), home, least);
      expect(said).toContain(
        `lane main was begun with ${words}; its numbers would not compare. Put that back`,
      );
      expect(said).toContain(
        'or add a lane with another name, whose trainPy is what show best --train-py prints',
      );
    };
    await begun({}, true, work, was);
    // There are no numbers yet.
    await begun(
      {},
      false,
      async (home) =>
        expect(await resume(await clusterLane({}, is), home, least)).toMatchObject({ name: 'main' }),
      was,
    );
  },
);

test('a lane keeps the evidence that it was begun with, and one of an older release has none', async () => {
  await begun({ evidence: 2 }, true, async (home) => {
    expect(await resume(await clusterLane({}), home, least)).toMatchObject({ evidence: 2 });
    const said = await resume(await clusterLane({ evidence: 3 }), home, least);
    expect(said).toContain('lane main was begun with evidence 2, and not 3; take evidence out');
  });
  await begun({ evidence: 0 }, true, async (home) => {
    const key = 'main/lane.json';
    const { evidence, ...older } = JSON.parse(new TextDecoder().decode((await home.store.get(key))!));
    expect(evidence).toBe(0);
    await home.store.put(key, new TextEncoder().encode(JSON.stringify(older)));
    const said = await resume(await clusterLane({ evidence: 2 }), home, least);
    expect(said).toContain('lane main was begun with evidence 0, and not 2');
  });
});

test('the wall follows from the budget that the lane was begun with, unless one is given', async () => {
  await begun({ budgetSeconds: 1000 }, true, async (home) => {
    expect(await resume(await clusterLane({}), home, least)).toMatchObject({ wallSeconds: 4000 });
    expect(await resume(await clusterLane({ wallSeconds: 2500 }), home, least)).toMatchObject({
      budgetSeconds: 1000,
      wallSeconds: 2500,
    });
  });
});

test('a lane without a baseline takes what is given now, and the rest as it was begun', async () => {
  await begun({ budgetSeconds: 60, seed: 7, trainPy: 'slip(\n' }, false, async (home) => {
    const lane = await resume(await clusterLane({ budgetSeconds: 30, trainPy: 'print(1)\n' }), home, least);
    expect(lane).toMatchObject({ budgetSeconds: 30, seed: 7, trainPy: 'print(1)\n' });
  });
});

test('a record with a baseline is never replaced', async () => {
  await begun({ seed: 7 }, true, async (home) => {
    await remember(home.store, 'main', begunWith(await clusterLane({ seed: 9 })), true);
    expect(await resume(await clusterLane({}), home, least)).toMatchObject({ seed: 7 });
  });
});
