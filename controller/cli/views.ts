// The views of a lane: results.tsv and the picture, rewritten from all decisions.

import type { Decision } from '../core/decision.ts';
import { keys } from '../core/keys.ts';
import { encode } from '../core/rows.ts';
import { progressSvg } from '../page/progress.ts';
import type { Store } from '../ports.ts';

/** A function that writes both views of the lane into the store. */
export function viewsOf(
  lane: string,
  store: Store,
  floorBpb: number | null,
): (decisions: readonly Decision[]) => Promise<void> {
  return async (decisions) => {
    const text = new TextEncoder();
    await store.put(keys.results(lane), text.encode(encode(decisions)));
    await store.put(keys.progress(lane), text.encode(progressSvg({ title: lane, decisions, floorBpb })));
  };
}
