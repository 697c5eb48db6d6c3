// Answers that were paid for and could not be used: each is stored with its reasons, and the idea knows the calls that it took.
import { expect, test } from 'vitest';
import { refusedCalls, refusedOf, storeRefused } from '../../controller/llm/refused-log.ts';
import { MemoryStore } from '../memory/store.ts';
import { briefOn, edit, never, rigOn } from '../messages/rig.ts';
import type { Said } from '../messages/server.ts';

const refusal: Said = { answer: '', stopReason: 'refusal', category: 'frontier_llm' };
const good = edit('RATE: slower', 'RATE = 0.5 ', 'RATE = 0.4 ');
const unknown = edit('WIDTH: absent', 'WIDTH = 77', 'WIDTH = 78');
const same = edit('RATE: as it is', 'RATE = 0.5 ', 'RATE = 5e-1 ');
const two: Said = { answer: { ideas: [unknown.answer.ideas[0]!, good.answer.ideas[0]!] } };

test.each<[string, Said[], number, object[]]>([
  ['nothing, where the first answer is good', [good], 1, []],
  [
    'words that are no JSON',
    [{ answer: 'I would raise it' }, good],
    2,
    [{ n: 1, answer: 'I would raise it', ideas: [{ reason: 'malformed', description: '' }] }],
  ],
  [
    'an edit that fits nowhere, and one that changes nothing',
    [unknown, same, good],
    3,
    [
      { n: 1, ideas: [{ reason: 'absent', description: 'WIDTH: absent' }] },
      { n: 2, ideas: [{ reason: 'unchanged', description: 'RATE: as it is' }] },
    ],
  ],
  ['one idea of two', [two], 1, [{ n: 1, ideas: [{ reason: 'absent', description: 'WIDTH: absent' }] }]],
  [
    'a model that declines',
    [refusal, good],
    2,
    [{ n: 1, answer: '', ideas: [{ reason: 'refused', sentence: expect.stringContaining('frontier_llm') }] }],
  ],
  [
    'an answer that is cut off',
    [{ answer: '{"ideas": [', stopReason: 'max_tokens' }, good],
    2,
    [{ n: 1, answer: '{"ideas": [', ideas: [{ reason: 'cut_off' }] }],
  ],
])('it has %s', async (_, script, calls, wanted) => {
  await using rig = await rigOn((_asked, n) => script[n - 1]!, { ideas: 2 });
  const said = await rig.proposer.propose(briefOn(), 1, never);
  if (said.kind !== 'ideas') throw new Error(said.sentence);
  const numbers = Array.from({ length: calls }, (_, i) => i + 1);
  expect(said.ideas[0]).toMatchObject({ description: 'RATE: slower', cost: { calls, numbers } });
  const stored = await refusedCalls(rig.store, 'main');
  expect(await refusedOf(rig.store, 'main', stored)).toMatchObject(wanted);
  expect(stored).toHaveLength(wanted.length);
});

test('one that cannot be read is told by name, and long answers are kept from their beginning', async () => {
  const store = new MemoryStore();
  const ideas = [{ description: 'd'.repeat(9000), reason: 'malformed', sentence: 's' }];
  await storeRefused(store, 'main', { n: 7, model: 'm', atMs: 5, ideas, answer: `begin${'x'.repeat(1e6)}` });
  await store.put('main/spend/8-refused.json', new TextEncoder().encode('{"n": 8'));
  const [one, ...others] = await refusedOf(store, 'main', await refusedCalls(store, 'main'));
  expect(others).toMatchObject([
    {
      n: 8,
      ideas: [
        {
          reason: 'damaged',
          sentence: expect.stringContaining('main/spend/8-refused.json in the store is damaged; remove it'),
        },
      ],
    },
  ]);
  expect(one!.answer).toMatch(/^begin/);
  expect(JSON.stringify(one).length).toBeLessThan(25_000);
});
