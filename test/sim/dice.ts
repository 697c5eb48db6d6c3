// Chance that can be repeated: a throw depends on its words alone, whatever else was thrown before.

type Word = string | number | null;

/** Uniform in [0, 1), fixed by the words. */
export function dice(...words: readonly Word[]): number {
  let h = 0x811c9dc5;
  for (const word of words) {
    const text = String(word);
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
    h = Math.imul(h ^ (h >>> 15) ^ 32, 0x2c1b3c6d);
  }
  return sequence(h)();
}

/** One of `faces`, fixed by the words. */
export function pick<T>(faces: readonly T[], ...words: readonly Word[]): T {
  return faces[Math.floor(dice(...words) * faces.length)]!;
}

/** A sequence of throws, for what may depend on how often was thrown before. */
export function sequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
