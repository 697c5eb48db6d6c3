// When the views of a lane are written, and the checkpoints beside them: no view, but copies that the ledger reads back.
import { checkpoints } from '../core/checkpoint.ts';
import type { Decision } from '../core/decision.ts';
import { keys } from '../core/keys.ts';
import type { Store } from '../ports.ts';
import { utf8 } from '../std/text.ts';
import type { LaneContext } from './context.ts';

export interface PublishPolicy {
  /** Views are written whole: not again before this, and not faster than this many bytes a second on average. */
  readonly minIntervalMs: number;
  readonly bytesPerSecond: number;
}

/** On a disk views may be written whenever a row is new. */
export const onDisk: PublishPolicy = { minIntervalMs: 0, bytesPerSecond: Number.POSITIVE_INFINITY };

export const overNetwork: PublishPolicy = { minIntervalMs: 5000, bytesPerSecond: 1e6 };

/** Publishes a lane by `policy`; `views` writes its views and gives their bytes. */
export function publisher(
  lane: string,
  store: Store,
  policy: PublishPolicy,
  views: (decisions: readonly Decision[]) => Promise<{ readonly bytes: number }>,
): LaneContext['publish'] {
  let checkpointed = 0;
  return async (decisions) => {
    const { bytes } = await views(decisions);
    for (const checkpoint of checkpoints(decisions, checkpointed)) {
      await store.putIfAbsent(keys.checkpoint(lane, checkpointed), utf8(checkpoint));
      checkpointed++; // only now: one that the store refused is stored the next time
    }
    return Math.max(policy.minIntervalMs, (1000 * bytes) / policy.bytesPerSecond);
  };
}
