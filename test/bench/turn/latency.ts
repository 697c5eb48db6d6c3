// How busy one lane keeps its slots, however long store and remote take to answer.
import type { Figure } from '../figures.ts';
import { shareOfWanted } from './far-lane.ts';

const VOLUME = { storeMs: 3, frontierMs: 40, clusterMs: 20 };
const FAR = { storeMs: 40, frontierMs: 300, clusterMs: 20 };
const FARTHER = { storeMs: 100, frontierMs: 600, clusterMs: 50 };
/** Four times a run. */
const SECONDS = 1320;

export async function latency(): Promise<Figure[]> {
  const figures: Figure[] = [];
  const places = [
    ['a volume and a repository on it', VOLUME, 500],
    ['S3 at 40 ms, a remote at 300 ms', FAR, 125],
    ['S3 at 40 ms, a remote at 300 ms', FAR, 500],
    ['S3 at 40 ms, a remote at 300 ms', FAR, 1000],
    ['S3 at 100 ms, a remote at 600 ms', FARTHER, 500],
  ] as const;
  for (const [where, at, width] of places) {
    const { taken, decided } = await shareOfWanted(at, width, SECONDS);
    const aim = width <= 500 && at !== FARTHER ? '>= 95' : '';
    figures.push({ what: `one lane of ${width}, ${where}: slots taken`, value: 100 * taken, unit: '%', aim });
    figures.push({
      what: '  experiments decided, of those wanted',
      value: 100 * decided,
      unit: '%',
      aim: '',
    });
  }
  return figures;
}
