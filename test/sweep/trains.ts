// Lanes of several runs at a time whose gains meet: the ideas are known, and so is what any file of them is worth.

import { expect } from 'vitest';
import type { Lane } from '../../controller/core/experiment.ts';
import type { Proposer } from '../../controller/ports.ts';
import { dice } from '../sim/dice.ts';
import type { Mischief } from '../sim/life.ts';
import { type Call, inWords } from '../sim/tap.ts';
import { MemoryLane, type MemoryScript } from './memory.ts';
import { laneUpTo } from './script.ts';

const KNOBS = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'] as const;
type Knob = (typeof KNOBS)[number];
type Values = Readonly<Record<Knob, number>>;

interface Plot {
  readonly width: number;
  readonly experiments: number;
  /** `A = 1`, in the order in which they are proposed, each an edit of the tip as it is then; `A = 1: again` is another. */
  readonly ideas: readonly string[];
  readonly gainOf: (values: Values) => number;
  readonly breaks?: (values: Values) => boolean;
  /** Seeds that decide; measurements are noisy then. */
  readonly evidence?: number;
  /** By experiment; ten where nothing is said. */
  readonly seconds: Readonly<Record<string, number>>;
}

const BASELINE = `# scripted\n${KNOBS.map((knob) => `${knob} = 0\n# ${knob} is set\n`).join('\n')}`;

export function valuesIn(trainPy: string): Values {
  const value = (knob: string) => Number(new RegExp(`^${knob} = (\\d)$`, 'm').exec(trainPy)![1]);
  return Object.fromEntries(KNOBS.map((knob) => [knob, value(knob)])) as Values;
}

/** The file with these lines for those of the same knobs. */
function edited(trainPy: string, ...lines: string[]): string {
  const one = (file: string, line: string) =>
    file.replace(new RegExp(`^${line[0]} = \\d$`, 'm'), line.split(':')[0]!);
  return lines.reduce(one, trainPy);
}

/** What all files have in common under a seed, and by how much one differs from another there. */
const OFFSET = 0.002;
const NOISE = 0.001;

function trainsScript(plot: Plot): MemoryScript {
  const { width, experiments, ideas, gainOf, seconds, breaks = () => false, evidence = 0 } = plot;
  const lane: Lane = { ...laneUpTo(experiments), width, evidence };
  const noise = (trainPy: string, seed: number) =>
    evidence && OFFSET * dice('seed', seed) + NOISE * 2 * dice(trainPy, seed);
  const proposer: Proposer = {
    propose: async ({ tip, trainPy, past, open, ready }, count) => {
      // What was proposed is told by the lane alone, so that a controller that comes anew goes on in the script.
      const told = new Set([...past, ...ready].map(({ description }) => description).concat(open));
      const next = ideas.filter((line) => !told.has(line)).slice(0, count);
      if (next.length === 0) return { kind: 'none', sentence: 'the script is at its end', retry: false };
      const rest = { hypothesis: '', source: 'builtin', base: tip, stackOf: null } as const;
      const made = next.map((line) => ({ ...rest, description: line, trainPy: edited(trainPy, line) }));
      return { kind: 'ideas', ideas: made };
    },
    fix: async () => null,
  };
  return {
    lane,
    baseline: BASELINE,
    proposer,
    bpbOf: (trainPy, seed) => Math.round((2 - gainOf(valuesIn(trainPy)) + noise(trainPy, seed)) * 1e6) / 1e6,
    breaks: (trainPy) => breaks(valuesIn(trainPy)),
    secondsOf: (experiment) => seconds[experiment] ?? 10,
  };
}

export const stories = {
  /** B, C and D were made beside A; C and D do not go together. The last experiment waits for what rides then. */
  meeting: trainsScript({
    width: 4,
    experiments: 14,
    ideas: ['A = 1', 'B = 1', 'C = 1', 'D = 1', 'E = 1', 'F = 1', 'G = 1', 'H = 1'],
    gainOf: ({ A, B, C, D, E, F, G, H }) =>
      0.01 * A +
      0.005 * B +
      0.006 * C +
      0.004 * D -
      0.1 * C * D -
      0.02 * E +
      0.001 * F +
      0.009 * G -
      0.01 * H,
    seconds: { '000002': 11, '000003': 12, '000004': 13, '000005': 30, '000007': 31, '000008': 32 },
  }),

  /** While C and D ride, an idea on the tip beats both together. */
  overtaken: trainsScript({
    width: 4,
    experiments: 10,
    ideas: ['A = 1', 'B = 1', 'C = 1', 'D = 1', 'E = 1', 'F = 1', 'G = 1'],
    gainOf: ({ A, B, C, D, E, F, G }) =>
      0.01 * A + 0.005 * B + 0.006 * C + 0.004 * D + 0.05 * E - 0.01 * F - 0.01 * G,
    seconds: { '000002': 11, '000003': 12, '000004': 13, '000005': 14, '000007': 40, '000008': 41 },
  }),

  /** While C and D ride, C is proposed again on the tip, and kept alone. */
  alone: trainsScript({
    width: 4,
    experiments: 12,
    ideas: ['A = 1', 'B = 1', 'C = 1', 'D = 1', 'C = 1: again', 'F = 1', 'G = 1', 'H = 1'],
    gainOf: ({ A, B, C, D, F, G, H }) =>
      0.01 * A + 0.005 * B + 0.006 * C + 0.004 * D - 0.1 * C * D - 0.01 * (F + G + H),
    seconds: { '000002': 11, '000003': 12, '000004': 13, '000005': 14, '000007': 60, '000008': 61 },
  }),

  /** A = 2 conflicts with the tip until that has A = 0 again. */
  conflict: trainsScript({
    width: 2,
    experiments: 6,
    ideas: ['A = 1', 'A = 2', 'B = 1', 'A = 0: again', 'F = 1'],
    gainOf: ({ A, B, F }) => (B ? [0.02, 0.012, 0.03][A]! : [0, 0.01, 0.008][A]!) - 0.01 * F,
    seconds: { '000002': 11 },
  }),

  /** With evidence: B and C break together, so that their train rides in halves; what is left is carried by the last one. */
  evidence: trainsScript({
    width: 4,
    experiments: 13,
    evidence: 2,
    ideas: ['A = 1', 'B = 1', 'C = 1', 'D = 1', 'E = 1', 'F = 1', 'G = 1', 'H = 1'],
    gainOf: ({ A, B, C, D, E, F, G, H }) =>
      0.02 * A + 0.015 * B + 0.012 * C - 0.02 * D + 0.0005 * E - 0.02 * F + 0.0025 * G + 0.0002 * H,
    breaks: ({ B, C }) => B === 1 && C === 1,
    seconds: { '000002': 11, '000003': 12, '000004': 30, '000005': 31 },
  }),
};
export type Story = keyof typeof stories;

/** The lane at its end; a controller that `mischief` kills has a successor. */
export async function ended(script: MemoryScript, mischief: Mischief = () => {}): Promise<MemoryLane> {
  const lane = new MemoryLane(script);
  const first = lane.begin(mischief);
  await lane.until([first], () => !first.living);
  const last = first.dead ? lane.begin(() => {}) : first;
  await lane.until([last], () => !last.living);
  expect(last.stop?.reason).toBe('limit');
  return lane;
}

/** Kills the controller at its k-th call, or at the first one that reads so. */
export function killedAt(point: number | string, side: 'before' | 'after'): Mischief {
  let [count, met] = [0, false];
  let mine: Call | null = null;
  return (life, call, when) => {
    if (
      when === 'before' &&
      !met &&
      (typeof point === 'number' ? ++count === point : inWords(call) === point)
    ) {
      met = true;
      mine = call;
    }
    if (call === mine && when === side) life.kill();
  };
}

/** Kills a controller at every `stride`-th side of a call; the end must be what it is undisturbed. How many points those were. */
export async function sweepOf(script: MemoryScript, stride: number): Promise<number> {
  let calls = 0;
  const lane = await ended(script, (_, __, when) => {
    if (when === 'before') calls++;
  });
  const undisturbed = await lane.remains();
  let points = 0;
  for (let at = 0; at < 2 * calls; at += stride | 1) {
    const [k, side] = [Math.floor(at / 2) + 1, at % 2 === 0 ? 'before' : 'after'] as const;
    const again = await ended(script, killedAt(k, side));
    expect(await again.remains(), `${side} call ${k}`).toEqual(undisturbed);
    points++;
  }
  return points;
}
