// I9 on a cluster: a controller that is killed around any of its calls to the API, or whose call goes wrong there,
// leaves in the end what an undisturbed one leaves.
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type Disturb,
  EVERY,
  type Hands,
  sweep,
  type Undisturbed,
  undisturbed,
} from '../../double/disturbed.ts';
import type { Stroke } from '../../double/faults.ts';
import type { LaneOnCluster } from '../../double/lane.ts';
import { routeOf, verbOf } from '../../double/resources.ts';

let clean: Undisturbed;
let decided: Undisturbed;

beforeAll(async () => {
  clean = await undisturbed();
  decided = await undisturbed('evidence');
});

test('the scenario holds every kind of end', () => {
  expect(clean.remains.slice(0, 10)).toEqual([
    '000000 keep 2.000000  1 baseline on -; landlock 7',
    '000001 keep 1.900000  1 idea 1 on 000000; landlock 7',
    '000002 discard 1.950000  1 idea 2 on 000001; landlock 7',
    '000003 keep 1.850000  2 idea 3 on 000001; landlock 7',
    '000004 crash 0.000000 syntax 1 idea 4 on 000003; landlock 7',
    '000005 crash 0.000000 timeout 1 idea 5 on 000003; landlock 7',
    '000006 keep 1.800000  2 idea 6 on 000003; landlock 7',
    '000007 crash 0.000000 oom 1 idea 7 on 000006;  7',
    '000008 keep 1.700000  1 idea 8 on 000006; landlock 7',
    '000009 crash 0.000000 too_large 1 idea 9 on 000008;  7',
  ]);
  expect(clean.remains).toContain('frontier: 000000 000001 000003 000006 000008');
  expect(clean.remains.at(-1)).toBe('stopped: limit');
});

/** The next request, or so many of them, goes wrong; `dies`: and the controller with it. */
function struck(stroke: Stroke, { times = 1, dies = false } = {}): Disturb {
  return async ({ rig }, _, { kill }) => {
    rig.cluster.api.faults.arm(stroke, { times });
    if (dies) kill();
    return [clean.remains];
  };
}

/** No answer comes to this request, until the deadline of a call has passed. */
const unanswered: Disturb = async ({ rig }) => {
  rig.cluster.api.faults.arm({ kind: 'silent' });
  await rig.cluster.time.advance(20_000); // the loop waits for its answer, so nobody else lets time pass
  return [clean.remains];
};

/** A list shows what was some twenty changes ago; what is no list is let be. */
const stale: Disturb = ({ rig }, { method, path }) => {
  if (method !== 'GET' || routeOf(path)?.name !== undefined) return null;
  const version = rig.cluster.objects.version - 20;
  rig.cluster.api.faults.arm({ kind: 'stale', version });
  return Promise.resolve([clean.remains, renewedAsAnother(clean.remains)]);
};

/**
 * A run that was refused is made anew as the same attempt. Where an old list hides what it was refused for, which no API
 * server that keeps its promises shows, it is made anew as the next one: nothing had run, and nothing is lost.
 */
function renewedAsAnother(remains: readonly string[]): string[] {
  return remains.flatMap((line) => {
    if (line.startsWith('000008 ')) return [line.replace(' 1 idea 8', ' 2 idea 8')];
    if (line.startsWith('containers: ')) return [line.replace('000008/1', '000008/2')];
    if (!line.startsWith('000008/1: ')) return [line];
    return ['000008/1: lost; diff.patch,result.json,train.py', line.replace('/1', '/2')];
  });
}

/** The verb of this very request is taken away for a minute. */
const forbidden: Disturb = async ({ rig }, { method, path }) => {
  const { api, time } = rig.cluster;
  const { plural, name, sub } = routeOf(path)!;
  const label = `${verbOf(method, name)} ${plural}${sub ? `/${sub}` : ''}`;
  api.denied.add(label);
  time.after(60_000, () => api.denied.delete(label));
  return [clean.remains];
};

/** Whatever it is, the lane leaves the same. */
function done(what: (lane: LaneOnCluster, hands: Hands) => void): Disturb {
  return async (lane, _, hands) => {
    what(lane, hands);
    return [clean.remains];
  };
}

function skewed(ms: number): Disturb {
  return done((lane) => {
    lane.skewMs = ms;
  });
}

const points: readonly (readonly [string, Disturb])[] = [
  ['killed before the request takes effect', struck({ kind: 'drop' }, { dies: true })],
  ['killed after the request took effect', struck({ kind: 'reset' }, { dies: true })],
  ['whose request is cut off', struck({ kind: 'drop' })],
  ['whose answer is lost', struck({ kind: 'reset' })],
  ['whose answer is cut', struck({ kind: 'truncate' })],
  ['whose answer never comes', unanswered],
  ['that is answered by a page of a proxy', struck({ kind: 'page' })],
  ['that is answered 500', struck({ kind: 'status', status: 500 })],
  ['that is answered 401 for a while', struck({ kind: 'status', status: 401 }, { times: 4 })],
  ['that is answered 503 for a while', struck({ kind: 'status', status: 503 }, { times: 12 })],
  ['whose connection is cut for a while', struck({ kind: 'drop' }, { times: 12 })],
  ['that is answered 429', struck({ kind: 'status', status: 429, retryAfterSeconds: 10 })],
  ['that is shown an old list', stale],
  ['whose verb is taken away for a minute', forbidden],
  ['whose watches have expired', done(({ rig }) => rig.cluster.api.expire())],
  ['whose API server restarts', done(({ rig }) => rig.cluster.api.restart(20))],
  ['whose clock jumps ten minutes ahead', skewed(600_000)],
  ['whose clock jumps ten minutes back', skewed(-600_000)],
  ['beside which a second one begins', done((_, { join }) => join())],
];

test('with evidence a gain is kept by the train that measures it again, also where that loses a run', () => {
  const rows = decided.remains.slice(0, 6).map((line) => line.replace(/;.*/, ''));
  expect(rows).toEqual([
    '000000 keep 2.000000  8 baseline on -',
    '000001 discard 1.900000  1 idea 1 on 000000',
    '000002 keep 1.900000  3 stack of 000001: idea 1 on 000000',
    '000003 discard 1.950000  1 idea 3 on 000002',
    '000004 discard 1.800000  2 idea 4 on 000002',
    '000005 keep 1.800000  4 stack of 000004: idea 4 on 000002',
  ]);
  expect(decided.remains).toContain('frontier: 000000 000002 000005');
});

/** Of controllers of a lane where seeds decide: what may come between the runs of a train. */
const deciding: readonly (readonly [string, Disturb])[] = [
  ['killed before the request takes effect', struck({ kind: 'drop' }, { dies: true })],
  ['killed after the request took effect', struck({ kind: 'reset' }, { dies: true })],
  ['whose answer is lost', struck({ kind: 'reset' })],
  ['beside which a second one begins', done((_, { join }) => join())],
];

describe('a controller with evidence', () => {
  test.each(deciding)(
    '%s, at any of its requests, leaves the same',
    { timeout: 7_200_000 },
    async (name, disturb) => {
      const kind = deciding.findIndex(([other]) => other === name);
      const here: Disturb = (...at) => disturb(...at)?.then(() => [decided.remains]) ?? null;
      const { points: count, wrong } = await sweep(decided, here, kind);
      console.log(`sweep on the double: ${count} points, a controller with evidence ${name}`);
      expect(wrong).toEqual([]);
      expect(count).toBeGreaterThan(EVERY === 1 ? decided.requests.length / 2 : 0);
    },
  );
});

describe('a controller', () => {
  test.each(points)(
    '%s, at any of its requests, leaves the same',
    { timeout: 7_200_000 },
    async (name, disturb) => {
      const kind = points.findIndex(([other]) => other === name);
      const { points: count, wrong } = await sweep(clean, disturb, kind);
      console.log(`sweep on the double: ${count} points, a controller ${name}`);
      expect(wrong).toEqual([]);
      // Two thirds of all requests are lists.
      expect(count).toBeGreaterThan(EVERY === 1 ? clean.requests.length / 2 : 0);
    },
  );
});
