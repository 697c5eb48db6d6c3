// A lane whose ideas come from people alone.
import type { Proposer } from '../../ports.ts';

const AGAIN_MS = 3_600_000;

/** Never has an idea, nor a repair: what a person queues is measured, and the lane waits meanwhile. */
export const nobody: Proposer = {
  async propose(_brief, _count, signal) {
    signal.throwIfAborted();
    const sentence = 'nobody proposes here; queue your own file with autoresearch try FILE -m TEXT';
    return { kind: 'none', sentence, retry: true, afterMs: AGAIN_MS };
  },
  async fix() {
    return null;
  },
};
