// node thousand-jobs-lane.ts URL: a controller of a thousand concurrent experiments on the API double; prints one JSON line.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { KubeConfig } from '@kubernetes/client-node';
import { systemClock } from '../../controller/adapters/clock.ts';
import { Api } from '../../controller/adapters/kubernetes/client/api.ts';
import { Credentials } from '../../controller/adapters/kubernetes/client/credentials.ts';
import { KubernetesExecutor } from '../../controller/adapters/kubernetes/executor.ts';
import type { Lane } from '../../controller/core/experiment.ts';
import { runLane } from '../../controller/loop/loop.ts';
import { poolLike } from '../double/rig.ts';
import { MemoryFrontier } from '../memory/frontier.ts';
import { MemoryStore } from '../memory/store.ts';
import { Requests } from './requests.ts';
import { MEASURED_SECONDS, WIDTH } from './thousand-jobs-shape.ts';
import { countedIdeas } from './turn/counted-ideas.ts';

const [url] = process.argv.slice(2);
const config = new KubeConfig();
config.loadFromOptions({
  clusters: [{ name: 'double', server: url!, skipTLSVerify: true }],
  users: [{ name: 'controller', token: 'token' }],
  contexts: [{ name: 'double', cluster: 'double', user: 'controller', namespace: 'lab' }],
  currentContext: 'double',
});
const requests = new Requests();
const api = new Api({ credentials: new Credentials(() => config), clock: systemClock, random: Math.random });
let wake = () => {};
let nonces = 0;
const executor = new KubernetesExecutor({
  api,
  clock: systemClock,
  namespace: 'lab',
  anchor: null,
  lanes: ['main'],
  pool: poolLike(),
  nonce: () => (++nonces).toString(16).padStart(32, '0'),
  onChange: () => wake(),
});
const lane: Lane = {
  name: 'main',
  width: WIDTH,
  seed: 1,
  clocks: { budgetSeconds: 300, startSeconds: 600, wallSeconds: 600 },
  confirm: 0,
  requireSealed: true,
  ahead: 0,
  limits: { experiments: null, gpuHours: null, usd: null },
};
const ending = new AbortController();
void executor.watch(ending.signal);
let decided = 0;
let full: (value: unknown) => void = () => {};
const allRun = new Promise((resolve) => {
  full = resolve;
});
const beganMs = performance.now();
const stopped = runLane(
  {
    lane,
    store: new MemoryStore(),
    frontier: new MemoryFrontier(),
    executor,
    clock: systemClock,
    proposer: countedIdeas((n) => `${'# a line of a train.py as long as most\n'.repeat(300)}# ${n}\n`),
    inputs: { trainPy: '# the baseline\n', prepare: '', program: async () => '' },
    observer: {
      happened(event) {
        if (event.kind === 'decided') decided++;
        if (event.kind === 'trouble' || event.kind === 'held') process.stderr.write(`${event.sentence}\n`);
      },
      turn({ runs }) {
        if (runs.filter(({ state }) => state.kind === 'running').length >= 0.98 * WIDTH) full(null);
      },
    },
    publish: async () => 0,
    spentUsd: async () => 0,
    pollMs: 10_000,
  },
  ending.signal,
  (now) => {
    wake = now;
  },
);
await Promise.race([allRun, stopped.then(({ sentence }) => Promise.reject(new Error(sentence)))]);
const rampSeconds = (performance.now() - beganMs) / 1000;
const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
const cpu = process.cpuUsage();
const [asked, done, fromMs] = [requests.asked.length, decided, performance.now()];
await new Promise((resolve) => setTimeout(resolve, 1000 * MEASURED_SECONDS));
const seconds = (performance.now() - fromMs) / 1000;
const { user, system } = process.cpuUsage(cpu);
delay.disable();
const since = requests.asked.slice(asked);
const lists = since.filter(({ what, bytes }) => what.startsWith('LIST') && bytes > 0);
const relists = lists.filter(({ what }) => what === 'LIST jobs').length;
const experiments = decided - done;
process.stdout.write(
  `${JSON.stringify({
    rampSeconds,
    experiments,
    cpuShare: (user + system) / 1e6 / seconds,
    cpuMs: (user + system) / 1000 / experiments,
    rssMb: process.memoryUsage.rss() / 2 ** 20,
    delayP50Ms: delay.percentile(50) / 1e6,
    delayP99Ms: delay.percentile(99) / 1e6,
    delayMaxMs: delay.max / 1e6,
    listPages: relists,
    relistMb: lists.reduce((sum, { bytes }) => sum + bytes, 0) / 2 ** 20,
    requests: since.filter(({ what }) => !/^(LIST|WATCH)/.test(what)).length / experiments,
  })}\n`,
);
process.exit(0); // a thousand runs are left to the double, which goes with us
