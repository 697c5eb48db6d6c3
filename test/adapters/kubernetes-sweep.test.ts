// I9 on a cluster: a controller that is killed around any of its calls to the API, or whose call goes wrong there,
// leaves in the end what an undisturbed one leaves.
import { beforeAll, describe, expect, test } from 'vitest';
import type { Stroke } from '../double/faults.ts';
import { LaneOnCluster } from '../double/lane.ts';

/** All of them in the long run; elsewhere every so many-th of each kind. */
const EVERY = process.env.TIER === 'long' ? 1 : 23;

interface Undisturbed {
  readonly remains: string[];
  /** Requests that were no watches. */
  readonly requests: number;
  readonly created: number;
}

let undisturbed: Undisturbed;

beforeAll(async () => {
  const lane = await LaneOnCluster.start();
  let requests = 0;
  lane.rig.cluster.api.onRequest = ({ query }) => {
    if (query.get('watch') !== 'true') requests++;
  };
  const stop = await lane.begin().stopped;
  expect(stop.reason).toBe('limit');
  undisturbed = {
    remains: await lane.remains(),
    requests,
    created: lane.rig.cluster.api.counts.get('create jobs')!,
  };
  await lane.rig.close();
}, 120_000);

test('the scenario holds every kind of end', () => {
  expect(undisturbed.remains.slice(0, 11)).toEqual([
    '000000 keep 2.000000  1 baseline on -',
    '000001 keep 1.900000  1 idea 1 on 000000',
    '000002 discard 1.950000  1 idea 2 on 000001',
    '000003 keep 1.850000  2 idea 3 on 000001',
    '000004 crash 0.000000 syntax 1 idea 4 on 000003',
    '000005 crash 0.000000 timeout 1 idea 5 on 000003',
    '000006 keep 1.800000  2 idea 6 on 000003',
    '000007 crash 0.000000 oom 1 idea 7 on 000006',
    '000008 keep 1.700000  1 idea 8 on 000006',
    '000009 crash 0.000000 too_large 1 idea 9 on 000008',
    'frontier: 000000 000001 000003 000006 000008',
  ]);
});

/** Lets the lane come to its end with something done to its k-th request; false where it does not come to so many. */
async function disturbed(
  k: number,
  disturb: (lane: LaneOnCluster, kill: () => void) => void,
): Promise<string[] | null> {
  const lane = await LaneOnCluster.start();
  try {
    let requests = 0;
    let reached = false;
    let life = lane.begin();
    const killed = new Promise<'killed'>((resolve) => {
      lane.rig.cluster.api.onRequest = ({ query }) => {
        if (query.get('watch') === 'true' || ++requests !== k) return;
        reached = true;
        disturb(lane, () => {
          life.kill();
          resolve('killed');
        });
      };
    });
    if ((await Promise.race([life.stopped, killed])) === 'killed') {
      life = lane.begin();
      expect((await life.stopped).reason).toBe('limit');
    }
    return reached ? await lane.remains() : null;
  } finally {
    await lane.rig.close();
  }
}

const strokes: readonly (readonly [string, Stroke, kill: boolean, times: number])[] = [
  ['killed before the request takes effect', { kind: 'drop' }, true, 1],
  ['killed after the request took effect', { kind: 'reset' }, true, 1],
  ['whose request is cut off', { kind: 'drop' }, false, 1],
  ['whose answer is lost', { kind: 'reset' }, false, 1],
  ['whose answer is cut', { kind: 'truncate' }, false, 1],
  ['that is answered 500', { kind: 'status', status: 500 }, false, 1],
  ['that is answered 503 for a while', { kind: 'status', status: 503 }, false, 12],
  ['whose connection is cut for a while', { kind: 'drop' }, false, 12],
  ['that is answered 429', { kind: 'status', status: 429, retryAfterSeconds: 10 }, false, 1],
];

describe('a controller', () => {
  test.each(strokes)(
    '%s, at any of them, leaves the same',
    {
      timeout: 3_600_000,
    },
    async (name, stroke, kill, times) => {
      // Each kind of trouble begins at another request.
      const offset = (7 * strokes.findIndex(([other]) => other === name)) % EVERY;
      let points = 0;
      for (let k = 1 + offset; k <= undisturbed.requests; k += EVERY) {
        const remains = await disturbed(k, ({ rig }, die) => {
          rig.cluster.api.faults.arm(stroke, { times });
          if (kill) die();
        });
        if (remains === null) break;
        points++;
        expect(remains, `request ${k}`).toEqual(undisturbed.remains);
      }
      console.log(`sweep on the double: ${points} points, a controller ${name}`);
      expect(points).toBeGreaterThan((undisturbed.requests / EVERY) * 0.7 - 1);
    },
  );
});
