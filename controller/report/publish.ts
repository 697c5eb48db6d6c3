// The views of a lane: results.tsv and the picture, rewritten from all decisions.

import { checkpoints } from '../core/checkpoint.ts';
import type { Decision } from '../core/decision.ts';
import { keys } from '../core/keys.ts';
import type { Store } from '../ports.ts';
import { progressSvg } from './picture/progress.ts';
import { encode } from './results-tsv.ts';

/** How long views of so many bytes are let be after they were written. */
export type Rest = (bytes: number) => number;

/** On a disk they may be written whenever a row is new. */
export const noRest: Rest = () => 0;

/** Over a network: at most every 5 s, and below 1 MB a second however long the file has become. */
export const longRest: Rest = (bytes) => Math.max(5000, bytes / 1000);

/** Both views as text, from decisions in order. */
export function viewsFrom(lane: string, decisions: readonly Decision[], floorBpb: number | null) {
  return { rows: encode(decisions), picture: progressSvg({ title: lane, decisions, floorBpb }) };
}

/** A function that writes both views of the lane into the store, and says how long to let them be. */
export function viewsOf(
  lane: string,
  store: Store,
  floorBpb: number | null,
  rest: Rest = noRest,
): (decisions: readonly Decision[]) => Promise<number> {
  let checkpointed = 0;
  return async (decisions) => {
    const text = new TextEncoder();
    const views = viewsFrom(lane, decisions, floorBpb);
    const [rows, picture] = [text.encode(views.rows), text.encode(views.picture)];
    await store.put(keys.results(lane), rows);
    await store.put(keys.progress(lane), picture);
    // On a disk Records are read one by one as fast.
    if (rest !== noRest)
      for (const checkpoint of checkpoints(decisions, checkpointed))
        await store.putIfAbsent(keys.checkpoint(lane, checkpointed++), text.encode(checkpoint));
    return rest(rows.length + picture.length);
  };
}
