// The views of a lane: results.tsv and the picture, rewritten from all decisions.

import type { Decision } from '../core/decision.ts';
import { keys } from '../core/keys.ts';
import type { Replay } from '../core/replay.ts';
import type { Store } from '../ports.ts';
import { utf8 } from '../std/text.ts';
import { knownNoiseOf } from './known-noise.ts';
import { pictureWords } from './noise-words.ts';
import { factsOf } from './picture/heading.ts';
import { type Picture, progressSvg } from './picture/progress.ts';
import { encode } from './results-tsv.ts';

/** All that the pictures of a lane are drawn from; decisions stand in order. */
export function pictureOf(
  lane: string,
  decisions: readonly Decision[],
  floorBpb: number | null,
  replays: readonly Replay[],
): Picture {
  const { noise, reproduction } = knownNoiseOf(replays, decisions);
  const tip = decisions.findLast(({ status }) => status === 'keep');
  const again = reproduction && pictureWords(reproduction, tip?.commit ?? null);
  const sigma = noise?.sigma ?? null;
  return { title: lane, decisions, facts: factsOf(decisions), floorBpb, sigma, again };
}

/** A function that writes both views of the lane into the store, and gives their bytes. */
export function reportWriter(
  lane: string,
  store: Store,
  floorBpb: number | null,
  replays: () => Promise<readonly Replay[]> = async () => [],
): (decisions: readonly Decision[]) => Promise<{ bytes: number }> {
  return async (decisions) => {
    const svg = progressSvg(pictureOf(lane, decisions, floorBpb, await replays()));
    const [rows, picture] = [utf8(encode(decisions)), utf8(svg)];
    await store.put(keys.results(lane), rows);
    await store.put(keys.progress(lane), picture);
    return { bytes: rows.length + picture.length };
  };
}
