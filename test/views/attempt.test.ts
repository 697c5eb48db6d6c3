import { expect, test } from 'vitest';
import { attemptView, attemptWords } from '../../controller/views/attempt.ts';
import { attempts, crashed, finished, lost } from '../core/trials.ts';

test.each([
  [finished(1.25), '1.250000 on seed 7'],
  [
    lost('pace', { sentence: 'samples of this machine’s pace came too far apart' }),
    'lost: pace: samples of this machine’s pace came too far apart',
  ],
  [lost('gone', { sentence: '' }), 'lost: gone'],
  [crashed('name', true), /^crashed: name/],
])('an attempt is told by its number, or by what ended it: %#', (outcome, words) => {
  const [only] = attempts(outcome);
  const view = attemptView(only!);
  expect(attemptWords(view)).toEqual(typeof words === 'string' ? words : expect.stringMatching(words));
  expect(view.valBpb).toBe(outcome.kind === 'finished' ? 1.25 : null);
});
