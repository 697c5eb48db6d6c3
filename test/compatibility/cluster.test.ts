// A release of the chart that an older controller left in the middle of its work: its volume, settings and API objects.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { keepLease } from '../../controller/adapters/kubernetes/lease.ts';
import { annotation, label } from '../../controller/adapters/kubernetes/manifest/names.ts';
import type { Stop } from '../../controller/loop/context.ts';
import { runLane } from '../../controller/loop/loop.ts';
import { type ClusterConfig, readClusterConfig } from '../../controller/settings/cluster.ts';
import { clusterContext } from '../../controller/wiring/cluster-lane.ts';
import { Cluster } from '../double/cluster.ts';
import type { Thing } from '../double/objects.ts';
import { Rig } from '../double/rig.ts';
import { VirtualTime } from '../double/time.ts';
import { clusterScript } from '../fixtures/release/cluster-script.ts';
import { asWrittenToday, commitsOn, keptIn, RELEASES, unpack } from './recorded.ts';

interface Recorded {
  readonly nowMs: number;
  readonly objects: Readonly<Record<string, Thing[]>>;
}

describe.each(RELEASES)('a release of the chart of %s', (release) => {
  let home: string;
  let rows: string;
  let recorded: Recorded;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'chart-'));
    await unpack(release, 'cluster', home);
    rows = asWrittenToday(await readFile(join(home, 'data', 'store', 'main', 'results.tsv'), 'utf8'));
    recorded = JSON.parse(await readFile(join(home, 'objects.json'), 'utf8'));
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  /** Its cluster as it stood, where every run comes to an end now. */
  async function restored(): Promise<Rig> {
    const nodes = { n1: {}, n2: {}, n3: {} };
    const script = clusterScript({ ends: () => true });
    const cluster = await Cluster.start(script, nodes, new VirtualTime(recorded.nowMs));
    for (const [plural, things] of Object.entries(recorded.objects))
      for (const thing of things) cluster.objects.restore(plural, thing);
    for (const pod of cluster.objects.all('pods'))
      if (pod.status?.phase === 'Running') cluster.kubelets.resume(pod);
    return new Rig(cluster);
  }

  /** Its settings, on a copy of its volume. */
  async function settings(name: string, change: (config: ClusterConfig) => object = () => ({})) {
    const data = join(home, name);
    await cp(join(home, 'data'), data, { recursive: true });
    const file = join(home, `${name}.yaml`);
    const config = parse(await readFile(join(home, 'config.yaml'), 'utf8'));
    await writeFile(file, stringify({ ...config, ...change(config), data }));
    return { config: await readClusterConfig(file), data };
  }

  /** Runs the lane to its end. */
  async function goOn(rig: Rig, config: ClusterConfig): Promise<Stop> {
    const [lane] = config.lanes;
    const anchor = recorded.objects.configmaps!.find(({ metadata }) => metadata.name === config.runs.anchor)!;
    let wake = () => {};
    const executor = rig.open(
      {
        pool: config.pools[0]!,
        anchor: { name: anchor.metadata.name, uid: anchor.metadata.uid! },
        onChange: () => wake(),
      },
      true,
    );
    const context = await clusterContext(lane!, config, executor, { happened() {}, turn() {} });
    const parts = { ...context, clock: rig.cluster.time.driver };
    return runLane(parts, new AbortController().signal, (now) => {
      wake = now;
    });
  }

  const running = () =>
    recorded.objects
      .pods!.filter(({ status }) => status?.phase === 'Running')
      .map(({ metadata }) => metadata);
  const results = (data: string) => readFile(join(data, 'store', 'main', 'results.tsv'), 'utf8');

  test('the Jobs that run there are adopted, not begun again, and the lane goes on with its chain of commits', async () => {
    const rig = await restored();
    const { config, data } = await settings('on');
    const before = commitsOn(join(data, 'main', 'frontier.git'));
    const stop = await goOn(rig, config);
    expect(stop.reason, stop.sentence).toBe('limit');
    const after = await results(data);
    expect(after.startsWith(rows)).toBe(true);
    expect(after.trimEnd().split('\n')).toHaveLength(10);
    const commits = commitsOn(join(data, 'main', 'frontier.git'));
    expect(commits.slice(0, before.length)).toEqual(before);
    expect(commits).toEqual(keptIn(after));
    // Experiment 8 alone had no Job yet.
    expect(rig.cluster.api.counts.get('create jobs')).toBe(1);
    expect(running()).toHaveLength(2);
    for (const { annotations, labels } of running()) {
      const { nonce } = JSON.parse(annotations![annotation.intent]!);
      const experiment = join(data, 'store', 'main', 'experiments', labels!['autoresearch.dev/experiment']!);
      const tried = JSON.parse(await readFile(join(experiment, '1', 'result.json'), 'utf8'));
      expect(tried.outcome).toMatchObject({ kind: 'finished', sealed: { nonce } });
    }
    await rig.close();
  });

  test('a Job that is made now is labelled and annotated as its Jobs are, for those who select them', async () => {
    const rig = await restored();
    await goOn(rig, (await settings('labels')).config);
    const words = ({ metadata, spec }: Thing) => {
      const { labels, annotations } = spec.template.metadata;
      const constant = Object.entries(metadata.labels!).filter(
        ([name]) => !/experiment$|val-bpb$|status$|instance$/.test(name),
      );
      const names = [metadata.labels, metadata.annotations, labels, annotations].map((of) =>
        Object.keys(of!)
          .filter((name) => name !== label.instance) // which Jobs had not then
          .sort(),
      );
      return { names, constant: Object.fromEntries(constant) };
    };
    const settled = recorded.objects.jobs!.find(
      ({ metadata }) => metadata.labels?.['autoresearch.dev/status'],
    )!;
    expect(words(rig.cluster.job('ar-lab-main-000008-a1'))).toEqual(words(settled));
    await rig.close();
  });

  test('a pool with another image ends the lane with what to do, and nothing under it is kept', async () => {
    const rig = await restored();
    const other = `registry.example/trainer@sha256:${'2'.repeat(64)}`;
    const { config, data } = await settings('image', ({ pools }) => ({
      pools: [{ ...pools[0], image: other }],
    }));
    const stop = await goOn(rig, config);
    expect(stop.reason).toBe('conditions');
    expect(stop.sentence).toMatch(
      /^lane main stops: image was \S+1{64}, is \S+2{64}\. .*On a cluster, add a lane with from: main to the values/,
    );
    const added = (await results(data)).slice(rows.length).trimEnd().split('\n');
    expect(added.map((line) => line.split('\t')[6])).toEqual(['000006', '000007', '000008']);
    expect(keptIn(await results(data))).toEqual(commitsOn(join(data, 'main', 'frontier.git')));
    await rig.close();
  });

  test('another budget ends the lane before a run is spent', async () => {
    const rig = await restored();
    const { config, data } = await settings('budget', ({ lanes }) => ({
      lanes: [{ ...lanes[0], budgetSeconds: 6 }],
    }));
    const stop = await goOn(rig, config);
    expect(stop).toMatchObject({
      reason: 'conditions',
      sentence: expect.stringContaining('budget was 5s, is 6s'),
    });
    expect(rig.cluster.api.counts.get('create jobs')).toBeUndefined();
    expect((await results(data)).startsWith(rows)).toBe(true);
    await rig.close();
  });

  test('its Lease is taken over by a controller of the same place at once, and by another when it has run out', async () => {
    for (const [holder, seconds] of [
      ['lab', 0],
      ['another', 60],
    ] as const) {
      const rig = await restored();
      const { time, namespace } = rig.cluster;
      const api = rig.api({ clock: time.driver });
      const begun = time.nowMs;
      const give = await keepLease(
        { api, namespace, holder, anchor: null },
        'main',
        new AbortController().signal,
        () => {},
      );
      expect(Math.round((time.nowMs - begun) / 1000)).toBe(seconds);
      await give();
      await rig.close();
    }
  });
});
