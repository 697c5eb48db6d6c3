// The views of a lane: results.tsv and the picture, rewritten from all decisions.

import type { Decision } from '../core/decision.ts';
import { keys } from '../core/keys.ts';
import type { Store } from '../ports.ts';
import { utf8 } from '../std/text.ts';
import { progressSvg } from './picture/progress.ts';
import { encode } from './results-tsv.ts';

/** Both views as text, from decisions in order. */
export function renderReports(lane: string, decisions: readonly Decision[], floorBpb: number | null) {
  return { rows: encode(decisions), picture: progressSvg({ title: lane, decisions, floorBpb }) };
}

/** A function that writes both views of the lane into the store, and gives their bytes. */
export function reportWriter(
  lane: string,
  store: Store,
  floorBpb: number | null,
): (decisions: readonly Decision[]) => Promise<{ bytes: number }> {
  return async (decisions) => {
    const views = renderReports(lane, decisions, floorBpb);
    const [rows, picture] = [utf8(views.rows), utf8(views.picture)];
    await store.put(keys.results(lane), rows);
    await store.put(keys.progress(lane), picture);
    return { bytes: rows.length + picture.length };
  };
}
