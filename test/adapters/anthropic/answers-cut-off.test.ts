// Answers that are cut off are paid in full: how often a model is asked again, and how, before somebody else is.
import { expect, test } from 'vitest';
import { proposerOf } from '../../../controller/adapters/builtin/proposers.ts';
import { credulous } from '../../messages/lane.ts';
import { briefOn, edit, never, type RigSettings, rigOn } from '../../messages/rig.ts';
import type { Asked, Said } from '../../messages/server.ts';

const cutOff = ({ max_tokens }: Asked): Said => ({
  answer: '',
  stopReason: 'max_tokens',
  thinkingTokens: max_tokens,
});
const fine = (n: number): Said => edit(`RATE: try ${n}`, 'RATE = 0.5 ', `RATE = ${n}.5 `);

/** So many requests for an idea; what was asked, as model, effort and room. */
async function asked(script: (asked: Asked, n: number) => Said, rounds: number, settings: RigSettings = {}) {
  const rig = await rigOn(script, { reader: credulous, parallel: 1, ...settings });
  await using _rig = rig;
  const came = [];
  for (let n = 1; n <= rounds; n++) came.push(await rig.proposer.propose(briefOn({ next: n }), 1, never));
  const calls = rig.server.asked.map(
    ({ model, max_tokens, output_config }) =>
      `${model} ${output_config.effort ?? 'of its own'} ${max_tokens}`,
  );
  return { came, calls, spentUsd: await rig.budget.spentUsd() };
}

test('a model that thinks to the end each time is asked three times, however often ideas are wanted', async () => {
  const { came, calls } = await asked(cutOff, 10);
  expect(calls).toEqual([
    'claude-opus-5-5 medium 4000',
    'claude-opus-5-5 of its own 8000',
    'claude-opus-5-5 of its own 4000',
  ]);
  expect(came.at(-1)).toMatchObject({
    retry: false,
    why: 'misconfigured',
    sentence: expect.stringMatching(/cut off, .*; leave proposer\.effort out, /),
  });
});

test('the next model and the fallback have the ideas at once', async () => {
  const others = await asked((one, n) => (one.model === 'claude-opus-5-5' ? cutOff(one) : fine(n)), 6, {
    others: ['claude-sonnet-5-5'],
  });
  expect(others.came.map(({ kind }) => kind)).toEqual(Array(6).fill('ideas'));
  expect(others.calls.filter((call) => call.startsWith('claude-opus'))).toHaveLength(3);
  const free = await asked(cutOff, 6, { fallback: proposerOf('builtin') });
  expect(free.came.map(({ kind }) => kind)).toEqual(Array(6).fill('ideas'));
  expect(free.calls).toHaveLength(3);
});

test('a model that only answers without its effort is asked so after two ideas', async () => {
  const { came, calls } = await asked((one, n) => (one.output_config.effort ? cutOff(one) : fine(n)), 4);
  expect(came.map(({ kind }) => kind)).toEqual(Array(4).fill('ideas'));
  const [first, again] = ['claude-opus-5-5 medium 4000', 'claude-opus-5-5 of its own 8000'];
  expect(calls).toEqual([first, again, first, again, again, again]);
});

test('an answer that had all the room there is gets no second call', async () => {
  const most = { maxOutputTokens: 128_000 };
  expect((await asked(cutOff, 1, most)).calls).toEqual(['claude-opus-5-5 medium 128000']);
});

test('an answer that had all the room that the cap pays for gets no second call', async () => {
  const { calls, spentUsd } = await asked(cutOff, 1, { maxOutputTokens: 20_000, maxUsd: 0.2 });
  expect(calls).toHaveLength(1);
  expect(spentUsd).toBeLessThanOrEqual(0.2);
});
