// node turn-lane.ts WIDTH RUNS ROWS: the real loop on parts in memory and virtual time, with so many rows before it
// begins. Prints the CPU milliseconds per run as one JSON line.
import { SPAN } from '../../../controller/core/checkpoint.ts';
import { experimentId, type Lane } from '../../../controller/core/experiment.ts';
import { keys } from '../../../controller/core/keys.ts';
import { sha256Hex } from '../../../controller/intent.ts';
import type { LaneContext } from '../../../controller/loop/context.ts';
import { runLane } from '../../../controller/loop/loop.ts';
import { MemoryMachine } from '../../memory/executor.ts';
import { MemoryFrontier } from '../../memory/frontier.ts';
import { sealedRun } from '../../memory/sealed.ts';
import { MemoryStore } from '../../memory/store.ts';
import { decisionDraft } from '../restart.ts';
import { countedIdeas } from './counted-ideas.ts';

const NAME = 'bench';
const [width, runs, rows] = process.argv.slice(2).map(Number) as [number, number, number];

let nowMs = 1_764_000_000_000;
const store = new MemoryStore();
const frontier = new MemoryFrontier();
const machine = new MemoryMachine(
  (intent, { nonce, rng }) => {
    const bpb = intent.experiment === '000000' ? 2 : 2.1 + rng();
    return {
      durationMs: Math.round(300_000 * (0.9 + 0.2 * rng())),
      ending: {
        sealed: JSON.stringify(sealedRun(intent.trainPy, nonce, Number(bpb.toFixed(6)), 300)),
        word: '',
        sentence: '',
      },
      log: 'step\n'.repeat(100),
    };
  },
  { now: () => nowMs },
);
const clock = {
  now: () => nowMs,
  sleep: async (ms: number, signal: AbortSignal) => {
    await new Promise((resolve) => setImmediate(resolve)); // answers under way come first
    if (signal.aborted) return;
    nowMs = Math.min(nowMs + ms, Math.max(machine.nextChangeMs() ?? Number.POSITIVE_INFINITY, nowMs));
  },
};
const lane: Lane = {
  name: NAME,
  width,
  seed: 1,
  clocks: { budgetSeconds: 300, startSeconds: 600, wallSeconds: 600 },
  confirm: 0,
  requireSealed: true,
  ahead: 0,
  limits: { experiments: null, gpuHours: null, usd: null },
};
const TRAIN_PY = '# a line of a train.py as long as most\n'.repeat(300);

/** Works on the lane until so many are decided. */
async function decideMore(most: number, counted: () => void): Promise<void> {
  const ending = new AbortController();
  let decided = 0;
  const salt = nowMs;
  const context: LaneContext = {
    lane,
    store,
    frontier,
    executor: machine.open(),
    clock,
    proposer: countedIdeas((n) => `${TRAIN_PY}# ${salt} ${n}\n`),
    inputs: { trainPy: TRAIN_PY, prepare: '', program: async () => '' },
    observer: {
      happened(event) {
        if (event.kind === 'trouble') throw new Error(event.sentence);
        if (event.kind !== 'decided') return;
        decided++;
        if (decided === width) counted();
        if (decided >= most) ending.abort();
      },
      turn() {},
    },
    publish: async () => 3_600_000,
    spentUsd: async () => 0,
    pollMs: 60_000,
  };
  await runLane(context, ending.signal, () => {});
}

await decideMore(1, () => {});
const tip = (await frontier.view()).kept[0]!.decision.commit;
for (let n = 0; n < Math.ceil(rows / SPAN); n++) {
  const records: string[] = [];
  for (let id = Math.max(1, n * SPAN); id < Math.min(rows, (n + 1) * SPAN); id++) {
    const sha = sha256Hex(`row ${id}`);
    const row = { ...decisionDraft(id, tip, 1), status: 'discard', commit: '0'.repeat(40), valBpb: 3 };
    records.push(`${JSON.stringify({ ...row, trainSha256: sha, proposedSha256: sha })}\n`);
    await store.put(keys.proposal(NAME, experimentId(id)), new Uint8Array());
  }
  await store.put(keys.checkpoint(NAME, n), new TextEncoder().encode(records.join('')));
}
let cpu = process.cpuUsage();
await decideMore(width + runs, () => {
  cpu = process.cpuUsage();
});
const { user, system } = process.cpuUsage(cpu);
process.stdout.write(`${JSON.stringify({ cpuMs: (user + system) / 1000 / runs })}\n`);
process.exit(0); // what still runs is left to the machine, which goes with us
