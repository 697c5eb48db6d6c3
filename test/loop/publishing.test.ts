import { expect, test } from 'vitest';
import { SPAN } from '../../controller/core/checkpoint.ts';
import type { Decision } from '../../controller/core/decision.ts';
import { keys } from '../../controller/core/keys.ts';
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

test.each([
  ['on a disk', onDisk],
  ['over a network', overNetwork],
])('Records are laid together by the thousand %s', async (_, policy) => {
  const store = new MemoryStore();
  const publish = publisher('main', store, policy, async () => ({ bytes: 0 }));
  await publish(discards(SPAN + 1));
  expect(await store.list(keys.checkpoints('main'))).toEqual(['0.jsonl']);
});

test('a checkpoint that the store refused is stored the next time', async () => {
  let refusals = 1;
  class RefusingOnce extends MemoryStore {
    override async putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean> {
      if (refusals-- > 0) throw new Error('the store does not answer');
      return super.putIfAbsent(key, bytes);
    }
  }
  const store = new RefusingOnce();
  const publish = publisher('main', store, overNetwork, async () => ({ bytes: 0 }));
  const decisions = discards(SPAN);
  await expect(publish(decisions)).rejects.toThrow('does not answer');
  await publish(decisions);
  expect(await store.get(keys.checkpoint('main', 0))).not.toBeNull();
});

function discards(count: number): Decision[] {
  const experiments = Array.from({ length: count }, (_, n) => String(n).padStart(6, '0'));
  return experiments.map((experiment) => ({ experiment, status: 'discard' }) as Decision);
}
