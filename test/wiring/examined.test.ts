// What the doctor says of a proposer: the same that a lane would begin or not begin with, and nothing is paid.
import { afterEach, describe, expect, test } from 'vitest';
import { proposerGiven } from '../../controller/settings/proposer.ts';
import { examinedProposer } from '../../controller/wiring/proposers/examined.ts';
import { CompletionsServer } from '../completions/server.ts';
import { bedrockRig, type CloudRig, inCloud, vertexRig } from '../messages/cloud-rig.ts';
import type { Fault } from '../messages/faults.ts';
import { MessagesServer } from '../messages/server.ts';

const open: (CompletionsServer | MessagesServer)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

const PATH = process.env.PATH!;
const examined = (given: unknown, env: Record<string, string> = {}) =>
  examinedProposer(given, 'cpu', { PATH, ...env });

test('nothing is said where nobody asks, and what is free is fine', async () => {
  expect(await examined(undefined)).toEqual([]);
  expect(await examined('builtin')).toMatchObject([{ result: 'ok', found: 'builtin can have ideas' }]);
});

describe('a command', () => {
  test.each<[string, string, 'ok' | 'fail', RegExp]>([
    ['that is there', 'sh -c true', 'ok', /^command can have ideas$/],
    ['that sets a variable first', 'A=1 no-such-agent', 'ok', /^command can have ideas$/],
    ['that is a loop', 'while :; do echo; done', 'ok', /^command can have ideas$/],
    ['that nobody has', 'no-such-agent --print', 'fail', /no-such-agent is not found$/],
    ['that is named from a folder it does not run in', './agent.sh', 'fail', /\.\/agent\.sh is not found$/],
    ['that no shell can read', 'agent "', 'fail', /the shell cannot read the command/],
  ])('%s', async (_, command, result, found) => {
    const checks = await examined(proposerGiven(undefined, { proposer: 'command', command }));
    expect(checks).toMatchObject([{ check: 'proposer', result, found: expect.stringMatching(found) }]);
    if (result === 'fail') expect(checks[0]!.fix).toMatch(/\w/);
  });

  test('that costs something needs a cap', async () => {
    const given = proposerGiven(undefined, { proposer: 'command', command: 'true', usdPerCall: 1 });
    expect(await examined(given)).toMatchObject([
      { result: 'fail', found: expect.stringMatching(/how much/) },
    ]);
  });
});

describe('Claude in a cloud', () => {
  const prices = { input: 1, output: 1, cacheRead: 1, cacheWrite5m: 1, cacheWrite1h: 1 };
  const asked = async ({ cloud, name, model, credentials }: CloudRig, more: object = {}) => {
    const server = new MessagesServer(() => ({ answer: {} }));
    server.cloud = cloud;
    open.push(server);
    const { region, project } = Object.values(credentials)[0] as { region: string; project?: string };
    const where = { [name]: { region, ...(project && { project }) } };
    const given = {
      kind: 'anthropic',
      maxUsd: 5,
      model,
      prices,
      ...where,
      baseURL: await server.listen(),
      ...more,
    };
    return { checks: await examined(given), server };
  };

  describe('on Amazon Bedrock', () => {
    const rig = inCloud(bedrockRig);
    test('is said to have credentials, and that nothing else was seen', async () => {
      const { checks, server } = await asked(rig());
      const found = expect.stringMatching(
        /can have ideas; of Amazon Bedrock only that there are credentials/,
      );
      expect(checks).toMatchObject([{ check: 'proposer', result: 'ok', found, fix: '' }]);
      expect(server.asked).toEqual([]);
    });
    test('whose one call costs more than the cap is found out by arithmetic', async () => {
      const { checks } = await asked(rig(), { maxUsd: 0.001 });
      expect(checks).toMatchObject([
        { result: 'fail', found: expect.stringMatching(/one call of .* may cost/) },
      ]);
    });
  });

  describe('on Google Vertex AI', () => {
    const rig = inCloud(vertexRig);
    test('counts the input, and is fine', async () => {
      const { checks, server } = await asked(rig());
      expect(checks).toMatchObject([{ result: 'ok', found: 'anthropic can have ideas' }]);
      expect({ counts: server.counts, asked: server.asked.length }).toEqual({ counts: 2, asked: 0 });
    });
    test('that may not be asked is told with what to do', async () => {
      const cloud = { ...rig().cloud, read: () => rig().cloud.refusals.forbidden! };
      const { checks } = await asked({ ...rig(), cloud });
      const fix = expect.stringMatching(/^allow aiplatform\.endpoints\.predict/);
      expect(checks).toMatchObject([
        { result: 'fail', found: expect.stringMatching(/403 PERMISSION_DENIED/), fix },
      ]);
    });
  });
});

describe('a model behind an interface like that of OpenAI', () => {
  const setting = (baseURL: string) => ({ kind: 'openai', model: 'local', prices: 0, baseURL });

  test('that answers', async () => {
    const server = new CompletionsServer(() => ({ answer: {} }));
    open.push(server);
    expect(await examined(setting(await server.listen()))).toMatchObject([{ result: 'ok' }]);
    expect(server.asked).toEqual([]);
  });

  test('whose key opens nothing', async () => {
    const server = new CompletionsServer(() => ({ answer: {} }));
    server.silent = () => 'key_revoked';
    open.push(server);
    expect(await examined(setting(await server.listen()))).toMatchObject([
      { result: 'fail', fix: expect.stringMatching(/OPENAI_API_KEY/) },
    ]);
  });

  test('of OpenAI themselves, without a key', async () => {
    const given = { ...setting(''), baseURL: null };
    expect(await examined(given)).toMatchObject([{ result: 'fail', found: 'OPENAI_API_KEY is not set' }]);
  });
});

describe('Claude', () => {
  const setting = async (fault: Fault | null, more: object = {}) => {
    const server = new MessagesServer(() => ({ answer: '' }));
    server.silent = () => fault;
    open.push(server);
    return { kind: 'anthropic', maxUsd: 5, baseURL: await server.listen(), ...more };
  };
  const key = { ANTHROPIC_API_KEY: 'sk-test' };

  test.each<[string, Fault | null, object, 'ok' | 'warn' | 'fail', RegExp]>([
    ['that answers', null, {}, 'ok', /can have ideas/],
    ['whose key opens nothing', 'key_revoked', {}, 'fail', /not accepted/],
    ['whose cap buys no call', null, { maxUsd: 0.01 }, 'fail', /one call of claude-opus-5-5 may cost/],
    ['with a fallback only warns', 'no_credit', { fallback: 'builtin' }, 'warn', /fallback has the ideas/],
  ])('%s', async (_, fault, more, result, found) => {
    const checks = await examined(await setting(fault, more), key);
    expect(checks).toMatchObject([{ result, found: expect.stringMatching(found) }]);
    if (result !== 'ok') expect(checks[0]!.fix).toMatch(/\w/);
  });

  test('without a key', async () => {
    expect(await examined(await setting(null))).toMatchObject([
      { result: 'fail', found: 'ANTHROPIC_API_KEY is not set' },
    ]);
  });

  test('as a part of a mix', async () => {
    const { baseURL } = await setting('key_revoked');
    const mix = { mix: { anthropic: 0.3, builtin: 0.7 }, maxUsd: 5, anthropic: { baseURL } };
    expect(await examined(mix, key)).toMatchObject([{ result: 'warn', found: expect.stringMatching(/401/) }]);
  });
});
