// What one simulated lane goes through: everything follows from the seed.
import type { Lane } from '../../controller/core/experiment.ts';
import { dice, pick } from './dice.ts';

/** `calm`: killed at any call, but nothing else disturbs it, so that it must end exactly as if it never was. `narrow`:
 * one run at a time and much more trouble, with the same frontier in the end. `storm`: everything at once. */
type Weather = 'calm' | 'narrow' | 'storm';

/** Chances, each in [0, 1], per run or per call. */
interface Rates {
  readonly lost: number;
  readonly vanish: number;
  readonly forged: number;
  readonly garbage: number;
  readonly unsealed: number;
  readonly held: number;
  /** Per call of a port: the controller is killed; the call throws; it takes a while. */
  readonly kill: number;
  readonly fail: number;
  readonly slow: number;
  /** Per call: the controller stands still for up to an hour, as when its machine sleeps. */
  readonly stall: number;
  /** Per answer of the proposer. */
  readonly none: number;
}

export interface Plan {
  readonly seed: number;
  readonly weather: Weather;
  readonly lane: Lane;
  readonly rates: Rates;
  /** Until a killed controller is there again; 0 is at once. */
  readonly absentMs: number;
  /** Whether the end of a run wakes the controller, as on a laptop, or it has to look. */
  readonly wakes: boolean;
  /** Another controller is started while one works, this often. */
  readonly rivals: number;
  /** A person proposes, pauses or writes nonsense into control.json, at these times after the start. */
  readonly tries: readonly number[];
  readonly pauses: readonly number[];
  readonly otherGpuAtMs: number | null;
  /** Meanwhile the machine refuses each run that begins, at once. */
  readonly outage: { readonly fromMs: number; readonly untilMs: number } | null;
  /** A person pushes onto the branch at this time after the start. */
  readonly pushAtMs: number | null;
}

const BUDGET_SECONDS = 300;
const WALL_SECONDS = 600;
export const START_MS = 1_764_000_000_000;

/** The plan of a seed. `width` overrides what the seed says. */
export function planOf(seed: number, width?: number): Plan {
  const throwOf = (what: string) => dice(seed, 'plan', what);
  const often = (what: string, chance: number, rate: number) =>
    throwOf(what) < chance ? rate * throwOf(`${what} rate`) : 0;
  const drawn: Weather = pick(['calm', 'narrow', 'storm', 'storm'], seed, 'weather');
  // Runs side by side arrive in another order when the controller is away: I9 promises nothing across orders.
  const weather = drawn === 'narrow' && (width ?? 1) > 1 ? 'storm' : drawn;
  const calm = weather === 'calm';
  const storm = weather === 'storm';
  const wide = width ?? (weather === 'narrow' ? 1 : pick([1, 2, 3, 4, 8, 16, 32, 64], seed, 'width'));
  const rivals = storm && throwOf('rivals') < 0.5 ? 1 + Math.floor(throwOf('how many') * 6) : 0;
  const vanish = calm ? 0 : often('vanish', 0.4, 0.1);
  const experiments = 12 + Math.floor(throwOf('experiments') * 20) + 2 * wide;
  const confirm = pick([0, 0, 0, 1, 2], seed, 'confirm');
  const at = (what: string, n: number) =>
    Array.from({ length: n }, (_, i) => Math.floor(dice(seed, what, i) * experiments * 3e5) / wide);
  return {
    seed,
    weather,
    lane: {
      name: 'sim',
      width: wide,
      seed: Math.floor(throwOf('lane') * 1000),
      clocks: { budgetSeconds: BUDGET_SECONDS, startSeconds: WALL_SECONDS, wallSeconds: WALL_SECONDS },
      confirm,
      evidence: confirm > 0 ? 0 : pick([0, 0, 1, 2, 3], seed, 'evidence'),
      requireSealed: throwOf('sealed') < 0.3,
      ahead: storm ? pick([0, 0, 1, 4], seed, 'ahead') : 0,
      limits: {
        experiments,
        gpuHours: storm && throwOf('capped') < 0.3 ? (throwOf('cap') * experiments * 400) / 3600 : null,
        usd: null,
      },
    },
    rates: {
      // Both together could make three losses of what is two without the one. A kill forgets how long to wait for the machine.
      lost: calm || (vanish > 0 && !storm) ? 0 : often('lost', 0.7, 0.3),
      vanish,
      forged: often('forged', 0.5, 0.2),
      garbage: often('garbage', 0.5, 0.5),
      unsealed: often('unsealed', 0.3, 0.2),
      held: calm ? 0 : often('held', 0.3, 0.5),
      kill: often('kill', 0.8, 0.02),
      fail: calm ? 0 : often('fail', 0.6, 0.02),
      slow: storm ? often('slow', 0.5, 0.05) : 0,
      stall: rivals > 0 ? often('stall', 0.6, 0.02) : 0,
      none: storm ? often('none', 0.4, 0.3) : 0,
    },
    absentMs: calm ? 0 : Math.floor(throwOf('absent') * 1e6),
    wakes: calm || throwOf('wakes') < 0.5,
    rivals,
    tries: weather === 'narrow' ? [] : at('try', Math.floor(throwOf('tries') * 4)),
    pauses: at('pause', Math.floor(throwOf('pauses') * 3)),
    otherGpuAtMs: storm && throwOf('gpu') < 0.08 ? START_MS + at('gpu', 1)[0]! : null,
    outage: storm && throwOf('outage') < 0.3 ? outageFrom(at('outage', 1)[0]!, throwOf('outage ends')) : null,
    pushAtMs: storm && throwOf('push') < 0.08 ? at('push', 1)[0]! : null,
  };
}

/** Of a minute or of hours. */
function outageFrom(afterMs: number, length: number): Plan['outage'] {
  const fromMs = START_MS + afterMs;
  return { fromMs, untilMs: fromMs + Math.floor(60_000 * 500 ** length) };
}

/** The same plan without what must not make a difference. */
export function undisturbed(plan: Plan): Plan {
  return {
    ...plan,
    rates: { ...plan.rates, kill: 0, fail: 0, held: 0, vanish: 0 },
    absentMs: 0,
    rivals: 0,
    outage: null,
  };
}
