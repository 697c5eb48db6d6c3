import { expect, test } from 'vitest';
import { refuseCall, type SpendCaps } from '../../controller/llm/spend-caps.ts';

test.each<
  [string, [spent: number, most: number], Partial<SpendCaps>, { words: RegExp; passing: boolean } | null]
>([
  ['fits to the last nano-dollar', [60, 40], {}, null],
  [
    'would pass the cap by one nano-dollar',
    [61, 40],
    {},
    { words: /0\.00 of at most 0\.00 USD are spent.*raise --max-usd/, passing: false },
  ],
  [
    'would pass the cap of tokens',
    [0, 0],
    { tokens: 99 },
    { words: /raise proposer.maxTokens/, passing: false },
  ],
  ['fits a person’s cap to the last nano-dollar', [40, 40], { controlNanoUsd: 80 }, null],
  [
    'would pass a person’s cap',
    [41, 40],
    { controlNanoUsd: 80 },
    { words: /raise it with autoresearch limit/, passing: true },
  ],
  [
    'would pass the lane’s own cap as well',
    [61, 40],
    { controlNanoUsd: 80 },
    { words: /raise --max-usd/, passing: false },
  ],
  [
    'would pass the lane’s own cap alone',
    [61, 40],
    { controlNanoUsd: 200 },
    { words: /raise --max-usd/, passing: false },
  ],
])('a call that %s', (_, [spent, most], caps, refused) => {
  const all = { nanoUsd: 100, tokens: null, ...caps };
  const said = refuseCall({ nanoUsd: spent, tokens: 50 }, { nanoUsd: most, tokens: 50 }, all);
  if (refused === null) expect(said).toBeNull();
  else expect(said).toEqual({ sentence: expect.stringMatching(refused.words), passing: refused.passing });
});
