// Each alert in its drill, and each panel of the dashboard: lanes in trouble, read by a real Prometheus.
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { LanePaths } from '../../../controller/wiring/paths.ts';
import { main } from '../../cli/command.ts';
import { CompletionsServer } from '../../completions/server.ts';
import { Cluster } from '../../double/cluster.ts';
import { run, type Script } from '../../double/script.ts';
import { passing } from '../../double/time.ts';
import { freePort } from '../../page/free-port.ts';
import { buildTools } from '../bring-up/binaries.ts';
import { Prometheus } from './prometheus.ts';
import { until } from './release.ts';
import { renderedRules } from './rendered-rules.ts';

const LABELS = { namespace: 'lab', service: 'lab' };
/** An hour of the rules is a minute here. */
const FASTER = 60;
const THRESHOLDS = { decidedWithin: '2h', pendingSeconds: 60, lostPerHour: 2, troublesPerHalfHour: 2 };

/** What the runs of a lane do after its baseline. */
const FATES: Readonly<Record<string, (given: Parameters<Script>[0]) => ReturnType<Script>>> = {
  crashing: (given) =>
    run(given, 1, 'NameError\n', {
      status: 'crashed',
      reason: 'exit',
      sentence: 'it broke',
      exit_code: 1,
      val_bpb: null,
    }),
  losing: (given) => ({ ...run(given, 1, 'x\n'), sealed: null }),
  spending: (given) => run(given, Number(given.experiment) < 1 ? 1 : Number.POSITIVE_INFINITY, 'x\n'),
};

const script: Script = (given) => {
  if (given.lane === 'broken') return FATES.crashing!(given);
  if (given.experiment !== '000000' && given.lane in FATES) return FATES[given.lane]!(given);
  return run(given, 1, 'step 1\n', { val_bpb: 2.5 - Number(given.experiment) / 1000 });
};

/** How many nodes a pool has: a node that fails several runs is avoided by all lanes. */
const NODES: Readonly<Record<string, number>> = { well: 3, sick: 20, leaving: 1 };

function nodes() {
  const named = Object.entries(NODES).flatMap(([pool, count]) =>
    Array.from({ length: count }, (_, n) => [`${pool}-${n}`, { labels: { pool } }] as const),
  );
  return Object.fromEntries(named);
}

const lane = (name: string, differs: object = {}) => ({
  name,
  pool: 'well',
  trainer: 'cpu',
  budgetSeconds: 1,
  wallSeconds: 600,
  limits: { maxGpuHours: 100 },
  ...differs,
});

let cluster: Cluster;
let prometheus: Prometheus;
let data: string;
const ends: (() => unknown)[] = [];
const endControllers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  await buildTools(['helm']);
  const dir = await mkdtemp(join(tmpdir(), 'drill-'));
  ends.push(() => rm(dir, { recursive: true, force: true }));
  cluster = await Cluster.start(script, nodes());
  ends.push(passing(cluster.time), () => cluster.close());
  const KUBECONFIG = join(dir, 'kubeconfig');
  await writeFile(KUBECONFIG, cluster.kubeConfig().exportConfig());
  const model = new CompletionsServer(() => ({ answer: '', finish: 'content_filter' }));
  const baseURL = await model.listen();
  ends.push(() => model.close());

  const start = async (name: string, lanes: object[], proposer: unknown, env: object = {}) => {
    const port = await freePort();
    const [config, folder] = [join(dir, `${name}.yaml`), join(dir, name)];
    const pools = Object.keys(NODES).map((pool) => ({
      name: pool,
      image: 'trainer:1',
      gpu: { count: 0 },
      nodeSelector: { pool },
    }));
    await writeFile(config, stringify({ lanes, pools, proposer, data: folder }));
    const args = ['--config', config, '--context', 'double', '--namespace', cluster.namespace];
    const child = execa(process.execPath, [main, 'up', ...args, '--port', String(port)], {
      reject: false,
      env: { KUBECONFIG, ...env },
      stdio: 'ignore',
    });
    const end = async () => {
      child.kill('SIGKILL');
      await child;
    };
    ends.push(end);
    endControllers.push(end);
    return { port, folder };
  };
  const lanes = [
    ...['healthy', 'spending', 'unwritable'].map((name) => lane(name)),
    ...['broken', 'crashing', 'losing'].map((name) => lane(name, { pool: 'sick' })),
    lane('waiting', { pool: 'leaving' }),
  ];
  const builtin = await start('cluster', lanes, 'builtin');
  data = builtin.folder;
  const prices = { input: 1, output: 1 };
  const openai = { kind: 'openai', model: 'm', baseURL, prices, maxUsd: 100, parallel: 4 };
  const asked = await start('asked', [lane('asked', { width: 4 })], openai, { OPENAI_API_KEY: 'sk' });
  const text = JSON.stringify(await renderedRules({ thresholds: THRESHOLDS }));
  const faster = text.replaceAll(/(\d+)([hm])(?=[\]" )])/g, (_, n, unit) =>
    unit === 'h' ? `${(n * 3600) / FASTER}s` : `${(n * 60) / FASTER}s`,
  );
  prometheus = await Prometheus.start([builtin.port, asked.port], LABELS, JSON.parse(faster));
  ends.push(() => prometheus.end());
});
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

const decisions = async (name: string) => {
  const args = [main, 'list', '--lane', name, '--dir', data, '-o', 'tsv'];
  const { stdout } = await execa(process.execPath, args, { reject: false });
  return stdout.split('\n').length - 1;
};
const decided = (name: string, rows: number) =>
  until(`${rows} rows of ${name}`, 5, async () => ((await decisions(name)) >= rows ? true : null));

test('each alert fires for its lane, and none for a healthy one', async () => {
  await decided('waiting', 2);
  cluster.removeNode('leaving-0');
  await decided('unwritable', 2);
  const paths = new LanePaths(data);
  await rename(paths.frontier('unwritable'), `${paths.frontier('unwritable')}.away`);
  // A lane that is at its cap before its run has begun stops, and a stopped lane warns of nothing.
  await until('a run of spending', 5, async () => {
    const asked = [main, 'status', '--lane', 'spending', '--dir', data, '-o', 'json'];
    const { stdout } = await execa(process.execPath, asked, { reject: false });
    return stdout && JSON.parse(stdout)[0].training.length > 0 ? true : null;
  });
  const limit = ['limit', '--hours', '0.0002', '--lane', 'spending', '--dir', data];
  await execa(process.execPath, [main, ...limit]);
  const wanted = [
    'AutoresearchBudget spending',
    'AutoresearchCrashing crashing',
    'AutoresearchLosing losing',
    'AutoresearchModelFailing asked',
    'AutoresearchNothingDecided waiting',
    'AutoresearchPending waiting',
    'AutoresearchStopped broken',
    'AutoresearchTrouble unwritable',
  ];
  const missing = new Set(wanted);
  const fired = new Set<string>();
  await until(`alert of ${wanted}`, 10, async () => {
    for (const one of (await prometheus.firing()) ?? []) {
      fired.add(one);
      missing.delete(one);
    }
    return missing.size === 0 || null;
  }).catch((error) => {
    throw new Error(`${[...missing]} did not fire; ${[...fired]} did`, { cause: error });
  });
  expect([...fired].filter((one) => one.endsWith(' healthy'))).toEqual([]);
});

test('each query of the dashboard returns numbers', async () => {
  const file = join(import.meta.dirname, '../../../charts/autoresearch/dashboards/autoresearch.json');
  const { panels } = JSON.parse(await readFile(file, 'utf8'));
  const empty: string[] = [];
  for (const { title, targets } of panels)
    for (const { expr } of targets) {
      const found = await prometheus.series(expr.replaceAll('$namespace', 'lab'), 5);
      if (found.length === 0 || found.some(({ namespace, lane }) => namespace !== 'lab' || !lane))
        empty.push(title);
    }
  expect(empty).toEqual([]);
});

test('and one fires when the controllers are gone, of which none of the others hears', async () => {
  for (const end of endControllers) await end();
  await until('alert that the controller is gone', 5, async () =>
    (await prometheus.firing())?.some((one) => one.startsWith('AutoresearchGone')) ? true : null,
  );
});
