// What both files of crash points on the real cluster share.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { each } from '../../sweep/points.ts';
import { loadedImage, needsCluster, theCluster } from '../fixture.ts';
import { Room } from '../room.ts';
import { isRequest, type Leg, type Point, pointsOf, Slot } from './crash-points.ts';
import type { Script } from './crash-script.ts';

const MINUTES = 60_000;
const SLOTS = 3;

/** What a script comes to. */
const held = {
  plain: {
    name: 'the script holds a keep, a discard, a crash that is repaired and one that is not',
    rows: [
      { experiment: '000000', status: 'keep' },
      { experiment: '000001', status: 'keep' },
      { experiment: '000002', status: 'discard', reason: 'worse' },
      { experiment: '000003', status: 'keep', attempts: '2' },
      { experiment: '000004', status: 'crash', error: 'syntax' },
    ],
    kept: 3,
    lastJob: / crash $/,
  },
  evidence: {
    name: 'where seeds decide, the script holds a gain that boards, the train that keeps it, and a discard',
    rows: [
      { experiment: '000000', status: 'keep' },
      { experiment: '000001', status: 'discard', reason: 'aboard' },
      { experiment: '000002', status: 'keep', attempts: '3' },
      { experiment: '000003', status: 'discard', reason: 'worse' },
    ],
    kept: 2,
    lastJob: / discard /,
  },
};

interface Sweep {
  readonly script: Script;
  /** The points it takes of all there are. */
  readonly choose: (points: readonly Point[]) => readonly Point[];
  /** No two lives are alike: so many of them must be come to. */
  readonly atLeast: number;
}

/** Kills a controller at points of a script, and declares the tests for it. */
export async function crashOnCluster({ script, choose, atLeast }: Sweep): Promise<void> {
  const found = await theCluster();
  const rooms: Room[] = [];
  const slots: Slot[] = [];
  let legs: Leg[];
  let dir = '';

  beforeAll(async () => {
    if ('missing' in found) return;
    const image = await loadedImage(found, 'trainer');
    dir = await mkdtemp(join(tmpdir(), 'crash-legs-'));
    for (let n = 0; n < SLOTS; n++) {
      const room = await Room.open(found, `crash-${script}-${process.pid}-${n}`);
      rooms.push(room);
      slots.push(new Slot({ script, context: found.context, namespace: room.namespace, image }));
    }
    legs = await slots[0]!.legs(dir);
  }, 30 * MINUTES);

  afterAll(async () => {
    await Promise.all([...slots.map((slot) => slot.close()), ...rooms.map((room) => room.close())]);
    if (dir) await rm(dir, { recursive: true, force: true });
  });

  beforeEach(needsCluster(found));

  test(held[script].name, () => {
    const { rows, frontier, begun, jobs, runs, published, undecided } = legs.at(-1)!.left;
    expect(rows).toMatchObject(held[script].rows);
    expect(frontier).toHaveLength(held[script].kept);
    expect(begun).toHaveLength(1); // of this leg
    expect(jobs).toEqual([expect.stringMatching(held[script].lastJob)]);
    expect([...runs, ...undecided]).toEqual([]);
    expect(published).toBe(true);
  });

  test(
    'killed by SIGKILL around its calls, it leaves what an undisturbed one leaves',
    async () => {
      const points = choose(pointsOf(legs));
      const free = [...slots];
      const missed: string[] = [];
      await each(points, SLOTS, async (point) => {
        const slot = free.pop()!;
        const leg = legs[point.experiment]!;
        const left = await slot.killed(leg, point);
        if (left === null) missed.push(named(point));
        else expect(left, named(point)).toEqual(leg.left);
        free.push(slot);
      });
      const requests = points.filter(isRequest).length;
      console.log(
        `crash points on the cluster: ${points.length - missed.length} by SIGKILL (${requests} chosen around requests to the API server), not come to: ${missed.join('; ') || 'none'}`,
      );
      expect(points.length - missed.length).toBeGreaterThanOrEqual(atLeast);
    },
    60 * MINUTES,
  );
}

function named({ experiment, call, n, when }: Point): string {
  return `${when} call ${n} of "${call}" in experiment ${experiment}`;
}
