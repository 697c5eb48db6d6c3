// What the tracker tells after any changes is what somebody would say who looks at everything anew.
import { describe, expect, test } from 'vitest';
import { attentionOf } from '../../controller/core/attention.ts';
import type { Run } from '../../controller/core/run.ts';
import { attemptKey, type OpenExperiment } from '../../controller/core/world.ts';
import { RunTracker } from '../../controller/loop/run-tracker.ts';
import { attempts, crashed, lane, lost, openWith, run } from '../core/trials.ts';
import { sequence } from '../sim/dice.ts';

const STATES = ['pending', 'running', 'ended'] as const;
const idOf = (n: number) => String(n).padStart(6, '0');
const keyOf = (one: Run) => attemptKey(one.experiment, one.attempt);

/** Everything as it is, and what a tracker that forgets nothing would have seen. */
class Scene {
  readonly tracker = new RunTracker(lane);
  readonly open = new Map<string, OpenExperiment>();
  readonly settled = new Set<string>();
  readonly changed = new Set<string>();
  readonly listed = new Map<string, Run>();
  readonly #seen = new Set<string>();
  readonly #removed = new Set<string>();

  set(one: OpenExperiment): void {
    this.open.set(one.proposal.experiment, one);
    this.changed.add(one.proposal.experiment);
  }

  settle(id: string): void {
    this.open.delete(id);
    this.settled.add(id);
    this.changed.add(id);
  }

  /** An attempt is launched once: not after its run was removed. */
  launched(one: Run): void {
    if (this.#removed.has(keyOf(one))) return;
    this.tracker.launched(one.experiment, one.attempt);
    this.#seen.add(keyOf(one));
  }

  removed(one: Run): void {
    this.tracker.removed(one);
    this.#seen.delete(keyOf(one));
    this.#removed.add(keyOf(one));
  }

  compare(shuffle: boolean): void {
    const inOrder = [...this.listed.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    const listed = shuffle ? inOrder.toReversed() : inOrder;
    const told = this.tracker.update(listed, this);
    const runs = inOrder.filter((one) => !this.#removed.has(keyOf(one)));
    for (const key of this.#removed) if (!this.listed.has(key)) this.#removed.delete(key);
    const vanished = [...this.#seen].filter((key) => !this.listed.has(key));
    for (const one of runs) this.#seen.add(keyOf(one));
    const open = [...this.open].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
    expect([...told.vanished].sort()).toEqual(vanished.sort());
    expect(new Set(told.runs)).toEqual(new Set(runs));
    expect(told.attention).toEqual(attentionOf({ open, runs, settled: this.settled, lane }));
  }
}

describe('the run tracker', () => {
  test.each([1, 2, 3, 4, 5, 6])(
    'after changes by chance, %s, tells what a look at everything tells',
    (seed) => {
      const chance = sequence(seed);
      const upTo = (n: number) => Math.floor(chance() * n);
      const scene = new Scene();
      for (let turn = 0; turn < 400; turn++) {
        for (let n = upTo(4); n > 0; n--) {
          const id = idOf(1 + upTo(12));
          const one = run(id, 1 + upTo(2), STATES[upTo(3)]!);
          const here = [...scene.listed.values()][upTo(scene.listed.size)];
          const deeds = [
            () => scene.set(openWith(id, [])),
            () => scene.set(openWith(id, attempts(upTo(2) === 0 ? lost('gone') : crashed('syntax', true)))),
            () => scene.settle(id),
            () => scene.listed.set(keyOf(one), one),
            () =>
              here && scene.listed.set(keyOf(here), { ...here, state: run(id, 1, STATES[upTo(3)]!).state }),
            () => here && scene.listed.delete(keyOf(here)),
            () => here && scene.removed(here),
            () => {
              scene.launched(one);
              if (upTo(2) === 0) scene.listed.set(keyOf(one), one);
            },
          ];
          deeds[upTo(deeds.length)]!();
        }
        scene.compare(turn % 50 === 49);
      }
    },
  );

  test('names nothing of a thousand runs that only work, and the same object while nothing changes', () => {
    const tracker = new RunTracker(lane);
    const ids = Array.from({ length: 1000 }, (_, n) => idOf(n + 1));
    const open = new Map(ids.map((id) => [id, openWith(id)]));
    const experiments = { open, settled: new Set<string>(), changed: new Set(ids) };
    const listed = ids.map((id) => run(id, 1, 'running'));
    const first = tracker.update(listed, experiments);
    expect(first.attention).toEqual({ open: [], runs: [], working: 1000 });
    expect(tracker.update(listed, experiments).attention).toBe(first.attention);
    const ended = listed.with(500, run(ids[500]!, 1, 'ended'));
    expect(tracker.update(ended, experiments).attention.open).toEqual([open.get(ids[500]!)]);
  });
});
