// What a person is told while away, by a real server: keeps, a plateau and the end, and never at the lane's cost.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Decision } from '../../controller/core/decision.ts';
import { Notices } from '../../controller/observers/notices.ts';
import { draftLike } from '../contract/drafts.ts';

const SECRET = 'T0-secret';
let server: Server;
let told: Record<string, unknown>[];
let troubles: string[];
/** Statuses of the next answers; null: no answer at all. Then 200. */
let answers: (number | null)[];

beforeEach(async () => {
  [told, troubles, answers] = [[], [], []];
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const status = answers.length > 0 ? answers.shift()! : 200;
    if (status === 200) told.push(JSON.parse(body));
    if (status !== null) response.writeHead(status, { location: '/elsewhere' }).end('no');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function notices(port = (server.address() as AddressInfo).port): Notices {
  const url = new URL(`http://127.0.0.1:${port}/hooks/${SECRET}`);
  return new Notices({ url, trouble: (words) => troubles.push(words), pausesMs: [1, 1], answerMs: 200 });
}

function decided(n: number, status: Decision['status'], valBpb: number | null): Decision {
  const draft = draftLike({
    experiment: String(n).padStart(6, '0'),
    status,
    valBpb,
    description: `edit ${n}`,
  });
  return { ...draft, baseBpb: 2.5, commit: 'c'.repeat(40) };
}

function tell(to: Notices, decisions: readonly Decision[]): void {
  const observer = to.observer('main');
  observer.happened({ kind: 'began', epoch: 1, decided: 0, open: 0, adopted: 0, frontier: [] });
  for (const decision of decisions) observer.happened({ kind: 'decided', decision });
}

test('a keep, a plateau and the end are told, and neither the baseline nor an end that was asked for', async () => {
  const to = notices();
  const worse = Array.from({ length: 25 }, (_, i) => decided(i + 2, 'discard', 3));
  tell(to, [decided(0, 'keep', 2.5), decided(1, 'keep', 2.4), ...worse]);
  to.stopped('main', { reason: 'asked', sentence: 'stopped as asked' });
  to.stopped('main', { reason: 'limit', sentence: '26 experiments are done' });
  await to.close(5000);
  expect(told).toMatchObject([
    { event: 'keep', lane: 'main', experiment: '000001', valBpb: 2.4, baselineBpb: 2.5, kept: 1 },
    { event: 'plateau', experiment: '000021', text: 'main: no keep in 20 experiments, best 2.400000' },
    { event: 'stop', reason: 'limit', text: 'main: stopped: 26 experiments are done' },
  ]);
  expect(told[0]!.text).toBe(
    'main: kept 000001, val_bpb 2.400000 (-0.100000), -0.100000 from the baseline: edit 1',
  );
  expect(told[0]!.content).toBe(told[0]!.text);
  expect(troubles).toEqual([]);
});

test('what a model wrote calls nobody in a chat', async () => {
  const to = notices();
  const hostile = {
    ...decided(1, 'keep', 2.4),
    description: '<!channel> @everyone \u202e\n<https://evil|here>',
  };
  tell(to, [decided(0, 'keep', 2.5), hostile]);
  await to.close(5000);
  expect(told[0]!.text).not.toMatch(/[<@\n\u202e]/);
});

describe('an address that does not answer well', () => {
  const cases: [string, (number | null)[], number, RegExp | null][] = [
    ['busy once', [429], 1, null],
    ['broken twice', [500, 503], 1, null],
    ['broken for long', [500, 500, 500], 0, /answers 500; check the address behind --notify$/],
    ['wrong', [404], 0, /answers 404/],
    ['moved', [302], 0, /answers 302/],
    ['silent', [null, null, null], 0, /does not answer/],
  ];
  test.each(cases)('%s', async (_, statuses, arrived, words) => {
    answers = statuses;
    const to = notices();
    to.stopped('main', { reason: 'limit', sentence: 'done' });
    await to.close(20_000);
    expect(told).toHaveLength(arrived);
    expect(troubles).toEqual(words ? [expect.stringMatching(words)] : []);
    expect(troubles.join()).not.toContain(SECRET);
  });

  test('that is nobody’s is told once, by its host alone', async () => {
    const port = (server.address() as AddressInfo).port;
    await new Promise((done) => server.close(done));
    const to = notices(port);
    for (let n = 0; n < 3; n++) to.stopped('main', { reason: 'limit', sentence: `${n}` });
    await to.close(20_000);
    expect(troubles).toEqual([
      expect.stringMatching(
        /^notices do not arrive at 127\.0\.0\.1:\d+: it cannot be reached \(ECONNREFUSED\)/,
      ),
    ]);
  });

  test('is left at the end, and told nothing after', async () => {
    answers = [null];
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const to = new Notices({ url, trouble: (words) => troubles.push(words), answerMs: 86_400_000 });
    to.stopped('main', { reason: 'limit', sentence: 'not heard' });
    await to.close(1);
    to.stopped('main', { reason: 'limit', sentence: 'too late' });
    await to.close(1);
    expect([told, troubles]).toEqual([[], []]);
  });
});

test('of what comes faster than it can be told the newest 32 are', async () => {
  const to = notices();
  tell(to, [
    decided(0, 'keep', 900),
    ...Array.from({ length: 100 }, (_, i) => decided(i + 1, 'keep', 899 - i)),
  ]);
  await to.close(60_000);
  const ids = told.map(({ experiment }) => Number(experiment));
  expect(ids).toEqual([1, ...Array.from({ length: 32 }, (_, i) => 69 + i)]);
});
