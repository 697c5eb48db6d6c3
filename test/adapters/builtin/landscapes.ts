// Made-up trainers for proposers: a file with constants, and a metric that is a function of them.
import { randomOf } from '../../../controller/adapters/builtin/randomness.ts';

/** Twelve knobs of all kinds, none of them where it would be best. */
export const TRAIN_PY = `LR = 0.003       # range: 0.0001 .. 1.0, log | a
WIDTH = 64       # range: 8 .. 512, log | b
DEPTH = 2        # range: 0 .. 8 | c
DECAY = 0.0      # range: 0.0 .. 1.0 | d
BETA = 0.9       # range: 0.5 .. 0.99 | e
INIT = 1.0       # range: 0.01 .. 3.0, log | f
BATCH = 16       # range: 1 .. 128, log | g
WARMUP = 0.0     # range: 0.0 .. 0.5 | h
CLIP = 1.0       # range: 0.01 .. 100.0, log | i
KIND = "a"       # one of: "a", "b", "c", "d" | j
NORM = "none"    # one of: "none", "rms" | k
FLAG = False     # one of: True, False | l
`;

const RANGES: Readonly<Record<string, [low: number, high: number, log: boolean]>> = {
  LR: [0.0001, 1, true],
  WIDTH: [8, 512, true],
  DEPTH: [0, 8, false],
  DECAY: [0, 1, false],
  BETA: [0.5, 0.99, false],
  INIT: [0.01, 3, true],
  BATCH: [1, 128, true],
  WARMUP: [0, 0.5, false],
  CLIP: [0.01, 100, true],
};
const CHOICES: Readonly<Record<string, string[]>> = {
  KIND: ['"a"', '"b"', '"c"', '"d"'],
  NORM: ['"none"', '"rms"'],
  FLAG: ['True', 'False'],
};
const NAMES = Object.keys(RANGES);

/** True metric of a file, without noise; null where it would crash. */
type Landscape = (trainPy: string) => number | null;

/** Every knob has a best place; some matter ten times more than others, and pairs of them pull on each other. */
export function bowl(seed: number): Landscape {
  const { best, weight, options, pulls } = shapeOf(seed);
  return (trainPy) => {
    const at = positions(trainPy);
    const off = NAMES.map((name, i) => at[name]! - best[i]!);
    const sides = off.reduce((sum, o, i) => sum + weight[i]! * o * o, 0);
    const pulled = pulls.reduce((sum, [a, b, w]) => sum + Math.max(-0.1, w * off[a]! * off[b]!), 0);
    return 1.2 + sides + pulled + chosen(trainPy, options);
  };
}

/** The same with steep walls: far on the wrong side it explodes, and beyond that it crashes. */
export function cliff(seed: number): Landscape {
  const gentle = bowl(seed);
  const dice = randomOf(seed, 77);
  const start = positions(TRAIN_PY);
  const edges = NAMES.map((name) => (dice() < 0.4 ? start[name]! + 0.1 + 0.3 * dice() : 2));
  return (trainPy) => {
    const at = positions(trainPy);
    const beyond = Math.max(...NAMES.map((name, i) => at[name]! - edges[i]!));
    if (beyond > 0.25) return null;
    return gentle(trainPy)! + (beyond > 0 ? 4 + 10 * beyond : 0);
  };
}

/** A narrow curved valley: two knobs must move together, the others hardly matter. */
export function valley(seed: number): Landscape {
  const dice = randomOf(seed, 78);
  const [a, b] = [NAMES[Math.floor(dice() * 4)]!, NAMES[4 + Math.floor(dice() * 5)]!];
  const bend = 0.3 + 0.4 * dice();
  const start = positions(TRAIN_PY);
  const far = dice() < 0.5 ? 0.1 : 0.9;
  const { options } = shapeOf(seed);
  return (trainPy) => {
    const at = positions(trainPy);
    const x = at[a]! - start[a]!;
    const across = at[b]! - start[b]! - bend * x;
    return 1.2 + 6 * across * across + 1.5 * Math.abs(at[a]! - far) + chosen(trainPy, options);
  };
}

/** A measurement: the true metric and Gaussian noise, to six decimals; the same for the same seed. */
export function measure(landscape: Landscape, trainPy: string, sigma: number, seed: number): number | null {
  const metric = landscape(trainPy);
  if (metric === null) return null;
  const dice = randomOf(seed, 3);
  const noise = Math.sqrt(-2 * Math.log(1 - dice())) * Math.cos(2 * Math.PI * dice());
  return Math.round((metric + sigma * noise) * 1e6) / 1e6;
}

function shapeOf(seed: number) {
  const dice = randomOf(seed, 76);
  const best = NAMES.map(() => dice());
  const weight = NAMES.map(() => 0.1 * 10 ** (1.2 * dice()));
  const options = Object.fromEntries(
    Object.entries(CHOICES).map(([name, all]) => [name, all.map(() => 0.3 * dice())]),
  );
  const pulls = Array.from({ length: 6 }, (): [number, number, number] => {
    const a = Math.floor(dice() * NAMES.length);
    return [a, (a + 1 + Math.floor(dice() * (NAMES.length - 1))) % NAMES.length, dice() - 0.5];
  });
  return { best, weight, options, pulls };
}

function chosen(trainPy: string, options: Readonly<Record<string, number[]>>): number {
  return Object.entries(options).reduce(
    (sum, [name, costs]) => sum + costs[CHOICES[name]!.indexOf(literal(trainPy, name))]!,
    0,
  );
}

/** Where each number stands between its bounds, 0 to 1. Read without the proposer's own reader. */
function positions(trainPy: string): Record<string, number> {
  return Object.fromEntries(
    Object.entries(RANGES).map(([name, [low, high, log]]) => {
      const value = Number(literal(trainPy, name));
      return [name, log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low)];
    }),
  );
}

function literal(trainPy: string, name: string): string {
  return new RegExp(`^${name} = (\\S+)`, 'm').exec(trainPy)![1]!;
}
