// Chance that can be repeated: the same lane and experiment roll the same numbers, before and after any restart.
import type { Brief } from '../../brief.ts';
import { freshSeed } from '../../std/seed.ts';

/** The seed of a lane's ideas: lanes with one seed of training, which most are, do not search the same path. */
export function laneSeed({ lane, seed }: Pick<Brief, 'lane' | 'seed'>): number {
  return textSeed(seed, lane);
}

/** Another seed for every text. */
export function textSeed(seed: number, text: string): number {
  let mixed = seed;
  for (let i = 0; i < text.length; i++) mixed = freshSeed(mixed, '0', text.charCodeAt(i));
  return mixed;
}

/** One uniform number in [0, 1) for an experiment and a thing in it: it does not matter who asks first. */
export function chanceOf(seed: number, experiment: number, thing: number): number {
  return freshSeed(seed ^ thing, String(experiment), 1) / 2 ** 31;
}

/** Uniform numbers in [0, 1) for one experiment of a lane (mulberry32). */
export function randomOf(seed: number, experiment: number): () => number {
  let state = freshSeed(seed, String(experiment), 0);
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
