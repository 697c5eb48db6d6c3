// What a lane may spend, whose cap it is that ends it, and what lifts that.
import type { Limits } from './experiment.ts';
import type { World } from './world.ts';

/** A cap by its names: a flag of `dev`, a key of a settings file, a flag of `limit`. */
const NAMES: Readonly<Record<keyof Limits, { flag: string; key: string; hand: string }>> = {
  experiments: { flag: '--experiments', key: 'limits.experiments', hand: '--experiments' },
  gpuHours: { flag: '--hours', key: 'limits.maxGpuHours', hand: '--hours' },
  usd: { flag: '--max-usd', key: 'proposer.maxUsd', hand: '--usd' },
};

/** What to do to go on at a cap. A person's own can only be the tighter one: where the lane's binds, lifting it does nothing. */
export function raising(cap: keyof Limits, lanes: number | null, persons: number | null): string {
  const { flag, key, hand } = NAMES[cap];
  const byHand = persons !== null && persons < (lanes ?? Number.POSITIVE_INFINITY);
  if (byHand) return `raise it with autoresearch limit ${hand} to go on`;
  return `raise ${flag} (in a settings file ${key}) to go on`;
}

export function moneyIsSpent(world: World): boolean {
  return !world.lane.freeIdeas && world.spentUsd >= (caps(world).usd ?? Number.POSITIVE_INFINITY);
}

/** The tighter of the lane's caps and those a person set while it runs. */
export function caps({ lane, control }: Pick<World, 'lane' | 'control'>): Limits {
  return tighter(lane.limits, control.limits);
}

/** Of each cap the smaller one. */
export function tighter(some: Limits, others: Limits): Limits {
  const least = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.min(a, b));
  return {
    experiments: least(some.experiments, others.experiments),
    gpuHours: least(some.gpuHours, others.gpuHours),
    usd: least(some.usd, others.usd),
  };
}

/** In seconds. */
export function hoursCap(world: World): number {
  return (caps(world).gpuHours ?? Number.POSITIVE_INFINITY) * 3600;
}

/** Which cap ends the lane, and what to do. */
export function limitSentence(world: World): string {
  const { experiments, gpuHours, usd } = caps(world);
  const lift = (cap: keyof Limits) => raising(cap, world.lane.limits[cap], world.control.limits[cap]);
  if (experiments !== null && world.nextId > experiments)
    return `${experiments === 1 ? '1 experiment is done' : `${experiments} experiments are done`}; ${lift('experiments')}`;
  if (moneyIsSpent(world)) return `the cap of ${usd} USD is reached; ${lift('usd')}`;
  return `another run could pass the cap of ${gpuHours} hours; ${lift('gpuHours')}`;
}
