// A lane to which something is done at one of its requests, and the ends that it may come to.
import type { Request } from './faults.ts';
import { LaneOnCluster, type Life, type Scenario } from './lane.ts';
import { broken, remains } from './remains.ts';

/** Every so many-th point in `npm test`, all of them in the long run; SWEEP_EVERY says otherwise. */
export const EVERY = Number(process.env.SWEEP_EVERY ?? (process.env.TIER === 'long' ? 1 : 120));

export interface Undisturbed {
  readonly scenario: Scenario;
  readonly remains: string[];
  /** The requests that were no watches, in order. */
  readonly requests: readonly Request[];
}

export async function undisturbed(scenario: Scenario = 'plain'): Promise<Undisturbed> {
  const lane = await LaneOnCluster.start(undefined, scenario);
  const requests: Request[] = [];
  lane.rig.cluster.api.onRequest = (request) => {
    if (!isWatch(request)) requests.push(request);
  };
  const end = await endOf(lane, [lane.begin()]);
  const wrong = await broken(lane);
  await lane.rig.close();
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  return { scenario, remains: end, requests };
}

/** What can be done to the controllers of a lane. */
export interface Hands {
  /** The one that works dies, and another begins. */
  kill(): void;
  /** Another begins while the one that works goes on. */
  join(): void;
}

/** Null where there was nothing to do it to; else what the lane may leave then, any one of these. */
export type Disturb = (
  lane: LaneOnCluster,
  request: Request,
  hands: Hands,
) => null | Promise<readonly (readonly string[])[]>;

/** Does it at every request, or at every so many-th from one that depends on `kind`; how often, and what is wrong after. */
export async function sweep(
  { scenario, requests }: Undisturbed,
  disturb: Disturb,
  kind: number,
): Promise<{ points: number; wrong: string[] }> {
  const wrong: string[] = [];
  let points = 0;
  const first = (37 * kind) % Math.min(EVERY, requests.length);
  for (let k = 1 + first; k <= requests.length; k += EVERY) {
    let found = await disturbed(scenario, k, disturb);
    // A sample has to hit something.
    while (EVERY > 1 && found === null && k < requests.length)
      found = await disturbed(scenario, ++k, disturb);
    if (found === null) continue;
    points++;
    if (found.length > 0) wrong.push(`request ${k}:`, ...found);
  }
  return { points, wrong };
}

/** Lets the lane come to its end with something done to its k-th request: what is wrong then. Null: nothing was done. */
async function disturbed(scenario: Scenario, k: number, disturb: Disturb): Promise<string[] | null> {
  const lane = await LaneOnCluster.start(undefined, scenario);
  try {
    let requests = 0;
    let allowed: ReturnType<Disturb> = null;
    const lives: Life[] = [lane.begin()];
    const hands: Hands = {
      kill: () => {
        lives[0]!.kill();
        lives.push(lane.begin());
      },
      join: () => void lives.push(lane.begin()),
    };
    lane.rig.cluster.api.onRequest = (request) => {
      if (!isWatch(request) && ++requests === k) allowed = disturb(lane, request, hands);
    };
    const end = await endOf(lane, lives);
    // Written by a callback, so the compiler believes it to be null still.
    const may = await (allowed as ReturnType<Disturb>);
    if (may === null) return null;
    const differences = may.map((one) => differenceOf(one, end)).sort((a, b) => a.length - b.length)[0]!;
    return [...differences, ...(await broken(lane))];
  } finally {
    await lane.rig.close();
  }
}

/** What is left when every controller has stopped or died; the last that came says why the lane did. */
export async function endOf(lane: LaneOnCluster, lives: readonly Life[]): Promise<string[]> {
  let reason = '';
  for (let i = 0; i < lives.length; i++) reason = (await lives[i]!.stopped)?.reason ?? 'killed';
  // Who looks at the remains is no part of the lane, and what is left over of a disturbance shall not hit them.
  const { api } = lane.rig.cluster;
  api.onRequest = () => {};
  api.faults.disarm();
  api.denied.clear();
  return [...(await remains(lane)), `stopped: ${reason}`];
}

/** Lines that are missing, and lines that are too many. */
function differenceOf(wanted: readonly string[], found: readonly string[]): string[] {
  const missing = wanted.filter((line) => !found.includes(line)).map((line) => `- ${line}`);
  return [...missing, ...found.filter((line) => !wanted.includes(line)).map((line) => `+ ${line}`)];
}

function isWatch({ query }: Request): boolean {
  return query.get('watch') === 'true';
}
