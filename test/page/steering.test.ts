// Changing a lane through the page: only with the second token, only as the commands do it, and never unnoted.
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pageLaneOf } from '../../controller/cli/read/page-lane.ts';
import { steeringsSchema } from '../../controller/page/schema.ts';
import { readLane } from '../../controller/wiring/lane-reader.ts';
import { autoresearch } from '../cli/command.ts';
import { storedLane } from '../cli/stored.ts';
import { open, STEERING_TOKEN, servedWith, TOKEN, textOf } from './served.ts';
import { WrittenLane } from './written-lane.ts';

const JSON_SENT = { 'content-type': 'application/json' };
const hand = { ...JSON_SENT, authorization: `Bearer ${STEERING_TOKEN}` };
const CONTROL = '/api/v1/lanes/main/control';
const TRY = '/api/v1/lanes/main/experiments';

test.each<[string, string, Record<string, string>, unknown, number]>([
  ['the second token', CONTROL, hand, { paused: true }, 200],
  [
    'the second token from a proxy',
    CONTROL,
    { ...JSON_SENT, 'x-autoresearch-token': STEERING_TOKEN },
    { paused: true },
    200,
  ],
  ['the first token', CONTROL, { ...JSON_SENT, authorization: `Bearer ${TOKEN}` }, { paused: true }, 403],
  ['no token', CONTROL, JSON_SENT, { paused: true }, 403],
  ['a form of another site', CONTROL, { ...hand, 'content-type': 'text/plain' }, { paused: true }, 415],
  ['another site', CONTROL, { ...hand, 'sec-fetch-site': 'cross-site' }, { paused: true }, 403],
  [
    'another port of this machine',
    CONTROL,
    { ...hand, 'sec-fetch-site': 'same-site' },
    { paused: true },
    403,
  ],
  ['a name that was rebound', CONTROL, { ...hand, host: 'evil.example' }, { paused: true }, 421],
  ['a key that is none', CONTROL, hand, { pausd: true }, 400],
  ['guidance that is too long', CONTROL, hand, { guidance: 'x'.repeat(4001) }, 400],
  ['a cap below zero', CONTROL, hand, { limits: { usd: -1 } }, 400],
  ['no JSON at all', CONTROL, hand, undefined, 400],
  ['a lane that is not', '/api/v1/lanes/other/control', hand, { paused: true }, 404],
  ['a file', TRY, hand, { trainPy: 'WIDTH = 2\n', message: 'wider' }, 200],
  ['a file without words', TRY, hand, { trainPy: 'WIDTH = 2\n', message: ' ' }, 400],
  ['a file that is refused', TRY, hand, { trainPy: '(', message: 'broken' }, 400],
  ['a file of three MiB', TRY, hand, { trainPy: '='.repeat(3 << 20), message: 'large' }, 413],
])('%s', async (_, path, headers, body, status) => {
  const lane = new WrittenLane();
  lane.decide();
  const server = await servedWith({ steering: STEERING_TOKEN }, lane);
  const host = `127.0.0.1:${server.port}`;
  const answer = await open(server, path, { method: 'POST', headers: { host, ...headers }, body });
  expect(answer.statusCode, await textOf(answer)).toBe(status);
  expect(lane.done.length).toBe(status === 200 ? 1 : 0);
});

test('where there is no second token nothing can be changed', async () => {
  const lane = new WrittenLane();
  const server = await servedWith({}, lane);
  for (const headers of [hand, { ...JSON_SENT, authorization: `Bearer ${TOKEN}` }])
    expect((await open(server, CONTROL, { method: 'POST', headers, body: {} })).statusCode).toBe(405);
  expect(lane.done).toEqual([]);
});

test('who asks is what the proxy says, where a header was named for it', async () => {
  const lane = new WrittenLane();
  const server = await servedWith({ steering: STEERING_TOKEN, userHeader: 'x-forwarded-user' }, lane);
  for (const more of [{ 'x-forwarded-user': 'ada' }, {}])
    await open(server, CONTROL, { method: 'POST', headers: { ...hand, ...more }, body: { paused: true } });
  expect(lane.done.map(({ who }) => who)).toEqual(['ada', 'tester']);
});

test('the page and the commands do the same, and note it in one place', async () => {
  await using stored = await storedLane();
  await stored.run(1);
  const source = pageLaneOf(await readLane({ dir: stored.dir }, 'main'), '0.0.0');
  await source.look();
  const server = await servedWith({ steering: STEERING_TOKEN, who: 'ada' }, source);
  const send = (path: string, body: unknown) => open(server, path, { method: 'POST', headers: hand, body });
  expect((await autoresearch('guide', 'keep DEPTH', '--dir', stored.dir)).code).toBe(0);
  expect((await send(CONTROL, { paused: true, limits: { gpuHours: 3 } })).statusCode).toBe(200);
  const control = JSON.parse(await readFile(join(stored.paths.store, 'main', 'control.json'), 'utf8'));
  expect(control).toMatchObject({ paused: true, guidance: 'keep DEPTH', limits: { gpuHours: 3 } });
  const tried = await send(TRY, { trainPy: 'print(2)\n', message: 'mine' });
  expect(JSON.parse(await textOf(tried))).toEqual({ done: '000002' });
  const again = await send(TRY, { trainPy: 'print(2)\n', message: 'mine' });
  expect([again.statusCode, await textOf(again)]).toEqual([400, expect.stringContaining('was tried before')]);
  const told = await textOf(await open(server, '/api/v1/lanes/main/steering'));
  expect(steeringsSchema.parse(JSON.parse(told)).steerings.map(({ who, what }) => [who, what])).toEqual([
    ['ada', 'try -m "mine", as experiment 000002'],
    ['ada', 'limit --hours 3'],
    ['ada', 'pause'],
    [expect.stringMatching(new RegExp(`@${hostname()}$`)), 'guide "keep DEPTH"'],
  ]);
});
