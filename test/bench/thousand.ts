// The controller alone over 1,000 experiments: real loop, built-in proposer and directory store, the rest in memory and
// virtual time.
// Started as a process of its own by controller.ts; prints one JSON line.
import { readFileSync } from 'node:fs';
import { proposerOf } from '../../controller/adapters/builtin/proposers.ts';
import { DirectoryStore } from '../../controller/adapters/directory/store.ts';
import type { Lane } from '../../controller/core/experiment.ts';
import { keys } from '../../controller/core/keys.ts';
import type { SealedResult } from '../../controller/core/outcome.ts';
import { encode } from '../../controller/core/rows.ts';
import { sha256Hex } from '../../controller/intent.ts';
import { runLane } from '../../controller/loop.ts';
import { MemoryMachine } from '../memory/executor.ts';
import { MemoryFrontier } from '../memory/frontier.ts';

const EXPERIMENTS = 1000;
const [folder, trainFile] = process.argv.slice(2);
const trainPy = readFileSync(trainFile!, 'utf8');
const zero = '0'.repeat(64);

let nowMs = 1_764_000_000_000;
const clock = {
  now: () => nowMs,
  sleep: async (ms: number) => {
    nowMs += ms;
    await new Promise((resolve) => setImmediate(resolve)); // answers under way come first
  },
};
const machine = new MemoryMachine((intent, { nonce }) => {
  const sealed: SealedResult = {
    schema: 1,
    nonce,
    status: 'finished',
    reason: '',
    sentence: '',
    exit_code: 0,
    signal: null,
    // A slope with noise: keeps grow rarer as they do in a real lane.
    val_bpb:
      Math.round((2 + Number.parseInt(sha256Hex(intent.trainPy).slice(0, 6), 16) / 2 ** 24) * 1e6) / 1e6,
    start_seconds: 5,
    training_seconds: 5,
    wall_seconds: 6,
    memory_mb: 100,
    steps: 1000,
    train_sha256: sha256Hex(intent.trainPy),
    prepare_sha256: zero,
    supervise_sha256: zero,
    data_sha256: zero,
    gpu: 'none',
    log_bytes: 0,
    log_sha256: zero,
    sealed: 'landlock',
  };
  return {
    durationMs: 6000,
    ending: { sealed: JSON.stringify(sealed), word: '', sentence: '' },
    log: 'trained\n'.repeat(500),
  };
}, clock);
const lane: Lane = {
  name: 'bench',
  width: 1,
  seed: 1,
  clocks: { budgetSeconds: 5, startSeconds: 60, wallSeconds: 60 },
  confirm: 0,
  requireSealed: false,
  ahead: 0,
  limits: { experiments: EXPERIMENTS, gpuHours: null, usd: null },
};
const store = new DirectoryStore(folder!);
const began = process.cpuUsage();
const stop = await runLane(
  {
    lane,
    store,
    frontier: new MemoryFrontier(),
    executor: machine.open(),
    clock,
    proposer: proposerOf('builtin'),
    brought: { trainPy, prepare: '', program: async () => '' },
    watcher: { happened() {}, turn() {} },
    publish: async (all) => {
      await store.put(keys.results('bench'), new TextEncoder().encode(encode(all)));
      return 0;
    },
    spentUsd: async () => 0,
    pollMs: 1000,
  },
  new AbortController().signal,
  () => {},
);
if (stop.reason !== 'limit') throw new Error(stop.sentence);
const { user, system } = process.cpuUsage(began);
const cpuMs = (user + system) / 1000 / EXPERIMENTS;
process.stdout.write(`${JSON.stringify({ cpuMs, rssMb: process.memoryUsage.rss() / 2 ** 20 })}\n`);
