import { expect, test } from 'vitest';
import { onDisk, overNetwork, publisher } from '../../controller/loop/publishing.ts';
import { MemoryStore } from '../memory/store.ts';

test.each([
  ['on a disk, whatever their size', onDisk, 1_000_000_000, 0],
  ['over a network for five seconds', overNetwork, 1000, 5000],
  ['over a network for longer where they have grown', overNetwork, 20_000_000, 20_000],
])('views rest %s', async (_, policy, bytes, ms) => {
  const publish = publisher('main', new MemoryStore(), policy, async () => ({ bytes }));
  expect(await publish([])).toBe(ms);
});
