// A thread of `npm run sim`: runs the seeds that it is handed, one at a time.
import { parentPort } from 'node:worker_threads';
import { live } from './twin.ts';

export interface Answer {
  /** The violation, with its stack; null where every invariant held. */
  readonly failure: string | null;
  readonly turns: number;
  readonly experiments: number;
  /** Experiments of the undisturbed twin; 0 where the seed has none. */
  readonly twins: number;
  readonly counts: ReadonlyMap<string, number>;
}

parentPort!.on('message', async ({ seed, width }: { seed: number; width?: number }) => {
  const answer = await live(seed, width).then(
    ({ auditor }): Answer => ({
      failure: null,
      turns: auditor.turns,
      experiments: auditor.trials.size,
      twins: auditor.counts.get('experiments of twins') ?? 0,
      counts: auditor.counts,
    }),
    (error: Error): Answer => ({
      failure: error.stack ?? error.message,
      turns: 0,
      experiments: 0,
      twins: 0,
      counts: new Map(),
    }),
  );
  parentPort!.postMessage(answer);
});
