// No key: the token of a workload is exchanged for one of the API, kept while it holds, and renewed.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { anthropicClient } from '../../../controller/adapters/anthropic/client.ts';
import { systemClock } from '../../../controller/adapters/clock.ts';
import { examinedProposer } from '../../../controller/wiring/proposers/examined.ts';
import { Federation } from '../../messages/federation.ts';
import { edit, never, request } from '../../messages/rig.ts';
import { MessagesServer } from '../../messages/server.ts';

let folder: string;
let tokenFile: string;
let server: MessagesServer;
let baseURL: string;
let federation: Federation;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'federation-'));
  tokenFile = join(folder, 'token');
  await writeFile(tokenFile, 'first\n');
  server = new MessagesServer(() => edit('RATE', 'RATE = 0.5', 'RATE = 0.6'));
  federation = new Federation(['first']);
  server.federation = federation;
  baseURL = await server.listen();
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const setting = () => ({
  rule: 'fdrl_1',
  organization: 'org',
  serviceAccount: 'svac_1',
  workspace: null,
  tokenFile,
});

function client() {
  const credentials = { federation: setting() };
  return anthropicClient({ credentials, baseURL, clock: systemClock, deadlineMs: 30_000, idleMs: 30_000 });
}

test('one exchange opens all that is asked while the token holds', async () => {
  const asking = client();
  expect(await asking.probe('claude-opus-5-5', never)).toMatchObject({ kind: 'facts', known: true });
  for (let n = 0; n < 3; n++) expect(await asking.ask(request(), never)).toMatchObject({ kind: 'answered' });
  expect(await asking.count(request(), never)).toMatchObject({ kind: 'counted' });
  expect(federation.exchanges).toEqual([
    expect.objectContaining({
      assertion: 'first',
      federation_rule_id: 'fdrl_1',
      service_account_id: 'svac_1',
    }),
  ]);
  expect(federation.exchanges[0]).not.toHaveProperty('workspace_id');
  expect(new Set(server.asked.map(({ apiKey }) => apiKey))).toEqual(new Set(['given-1']));
});

test('a token that runs out is renewed, by what stands in the file then', async () => {
  federation.seconds = 10;
  const asking = client();
  await asking.ask(request(), never);
  federation.accepted = ['second'];
  await writeFile(tokenFile, 'second');
  expect(await asking.ask(request(), never)).toMatchObject({ kind: 'answered' });
  expect(federation.exchanges.map(({ assertion }) => assertion)).toEqual(['first', 'second']);
});

test('a token that is revoked is exchanged anew, and the call is answered', async () => {
  const asking = client();
  await asking.ask(request(), never);
  federation.revoke();
  expect(await asking.ask(request(), never)).toMatchObject({ kind: 'answered' });
  expect(federation.exchanges).toHaveLength(2);
});

describe('what goes wrong', () => {
  test('with the rule or the token lasts, and says what to correct', async () => {
    federation.accepted = [];
    const said = { kind: 'failed', fault: 'key', free: true };
    const sentence = expect.stringMatching(
      /^the identity token is not accepted \(.*401.*\); correct proposer\.federation, /,
    );
    expect(await client().ask(request(), never)).toMatchObject({ ...said, sentence });
    expect(await client().probe('claude-opus-5-5', never)).toMatchObject({ ...said, sentence });
    expect(await client().count(request(), never)).toMatchObject({ ...said, sentence });
  });

  test('with the file names it', async () => {
    await rm(tokenFile);
    const sentence = expect.stringMatching(
      /identity token file at .*\/token: .*ENOENT.*; correct proposer\.federation/,
    );
    expect(await client().ask(request(), never)).toMatchObject({ fault: 'key', free: true, sentence });
    await writeFile(tokenFile, '');
    expect(await client().ask(request(), never)).toMatchObject({ fault: 'key', free: true });
  });

  test.each([429, 500, 503])('with the exchange passes (%i), and costs nothing', async (status) => {
    federation.trouble = status;
    expect(await client().ask(request(), never)).toMatchObject({ fault: 'passing', free: true });
    federation.trouble = null;
    expect(await client().ask(request(), never)).toMatchObject({ kind: 'answered' });
  });

  test('with what was given lasts, where the next one opens nothing either', async () => {
    const asking = client();
    federation.admits = () => false;
    expect(await asking.ask(request(), never)).toMatchObject({
      fault: 'key',
      sentence: expect.stringMatching(/^the API does not accept the token that it gave \(401: /),
    });
    expect(federation.exchanges).toHaveLength(2);
  });
});

test('the doctor finds a token that is not accepted, and asks for no key where one is', async () => {
  const given = { kind: 'anthropic', maxUsd: 5, baseURL, federation: setting() };
  const look = () => examinedProposer(given, 'cpu', {});
  expect(await look()).toMatchObject([{ check: 'proposer', result: 'ok' }]);
  federation.accepted = [];
  federation.revoke();
  expect(await look()).toMatchObject([
    {
      result: 'fail',
      found: expect.stringMatching(/^the identity token is not accepted/),
      fix: expect.stringMatching(/^correct proposer\.federation/),
    },
  ]);
});
