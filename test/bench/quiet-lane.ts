// A lane on a real loop, a real store and the built-in proposer; machine and frontier in memory, time virtual.
import { proposerOf } from '../../controller/adapters/builtin/proposers.ts';
import type { Lane } from '../../controller/core/experiment.ts';
import type { SealedResult } from '../../controller/core/outcome.ts';
import { sha256Hex } from '../../controller/intent.ts';
import { type Loop, runLane } from '../../controller/loop.ts';
import type { Store } from '../../controller/ports.ts';
import { MemoryMachine } from '../memory/executor.ts';
import { MemoryFrontier } from '../memory/frontier.ts';

/** Runs so many experiments beyond the baseline, one at a time. Throws where the lane stops otherwise. */
export async function quietLane(
  store: Store,
  trainPy: string,
  experiments: number,
  publish: Loop['publish'],
): Promise<void> {
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
    limits: { experiments, gpuHours: null, usd: null },
  };
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
      publish,
      spentUsd: async () => 0,
      pollMs: 1000,
    },
    new AbortController().signal,
    () => {},
  );
  if (stop.reason !== 'limit') throw new Error(stop.sentence);
}
