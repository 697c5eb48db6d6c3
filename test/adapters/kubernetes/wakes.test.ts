// A hundred lanes of a pool follow one watch: the end of a run wakes its own lane, unless others wait for its slot.
import { expect, onTestFinished, test } from 'vitest';
import { intentLike, poolLike, Rig } from '../../double/rig.ts';

const LONG = `a-${'very-'.repeat(12)}long-name`;

/** The lanes that a run of `lane` woke in its life; null: all of them. */
async function wokenBy(lane: string, pool: Record<string, unknown>): Promise<Set<string | null>> {
  const rig = await Rig.start();
  onTestFinished(() => rig.close());
  const woken = new Set<string | null>();
  const lanes = ['main', 'other', LONG];
  const executor = rig.open({ lanes, pool: poolLike(pool), onChange: (one) => woken.add(one) }, true);
  await rig.until(() => woken.has(null)); // the watch begins with a gap
  woken.clear();
  await executor.launch(intentLike({ lane }));
  await rig.runOnce(executor, 'ended', lane);
  return woken;
}

test.each([
  ['of a lane wakes that lane alone', 'main', {}, ['main']],
  ['of a lane whose label is shortened, too', LONG, {}, [LONG]],
  ['wakes all where lanes share the slots of a pool', 'main', { maxParallel: 2 }, [null]],
  ['wakes all where lanes share places that are ready', 'main', { readyPlaces: 2 }, [null]],
])('the end of a run %s', async (_, lane, pool, woken) => {
  expect(await wokenBy(lane, pool)).toEqual(new Set(woken));
});
