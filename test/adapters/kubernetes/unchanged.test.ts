// What a wide lane is spared: a run of which nothing is new is the same object at every look, so that nobody looks closer.
import { expect, test } from 'vitest';
import { intentLike, Rig } from '../../double/rig.ts';
import { run } from '../../double/script.ts';

test('a run that works is the same object at each look, a list anew in between, until something becomes of it', async () => {
  const rig = await Rig.start((given) => run(given, 100, 'step 1\n'));
  try {
    const executor = rig.open({ relistMs: 30_000 }, true);
    const look = async () => (await executor.list('main'))[0];
    await executor.launch(intentLike());
    await rig.until(async () => (await look())?.state.kind === 'running');
    const first = await look();
    await rig.cluster.time.advance(500);
    expect(await look()).toBe(first);
    await rig.cluster.time.advance(40_000);
    expect(await look()).toBe(first);
    await rig.until(async () => (await look())?.state.kind === 'ended');
    expect(await look()).not.toBe(first);
  } finally {
    await rig.close();
  }
});
