// A lane on a real loop, a real store and the built-in proposer; machine and frontier in memory, time virtual.
import { proposerOf } from '../../controller/adapters/builtin/proposers.ts';
import type { Lane } from '../../controller/core/experiment.ts';
import { sha256Hex } from '../../controller/intent.ts';
import type { LaneContext } from '../../controller/loop/context.ts';
import { runLane } from '../../controller/loop/loop.ts';
import type { Store } from '../../controller/ports.ts';
import { MemoryMachine } from '../memory/executor.ts';
import { MemoryFrontier } from '../memory/frontier.ts';
import { sealedRun } from '../memory/sealed.ts';

/** Runs so many experiments beyond the baseline, one at a time. Throws where the lane stops otherwise. */
export async function quietLane(
  store: Store,
  trainPy: string,
  experiments: number,
  publish: LaneContext['publish'],
): Promise<void> {
  let nowMs = 1_764_000_000_000;
  const clock = {
    now: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += ms;
      await new Promise((resolve) => setImmediate(resolve)); // answers under way come first
    },
  };
  const machine = new MemoryMachine((intent, { nonce }) => {
    // A slope with noise: keeps grow rarer as they do in a real lane.
    const noise = Number.parseInt(sha256Hex(intent.trainPy).slice(0, 6), 16) / 2 ** 24;
    const sealed = sealedRun(intent.trainPy, nonce, Math.round((2 + noise) * 1e6) / 1e6, 5);
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
      inputs: { trainPy, prepare: '', program: async () => '' },
      observer: { happened() {}, turn() {} },
      publish,
      spentUsd: async () => 0,
      pollMs: 1000,
    },
    new AbortController().signal,
    () => {},
  );
  if (stop.reason !== 'limit') throw new Error(stop.sentence);
}
