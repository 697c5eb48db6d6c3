// Chance that can be repeated: the same seed and experiment roll the same numbers, before and after any restart.
import { freshSeed } from '../../std/seed.ts';

/** Uniform numbers in [0, 1) for one experiment of a lane (mulberry32). */
export function randomOf(laneSeed: number, experiment: number): () => number {
  let state = freshSeed(laneSeed, String(experiment), 0);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of the items, which must not be empty. */
export function pick<T>(items: readonly T[], random: () => number): T {
  return items[Math.floor(random() * items.length)]!;
}
