// Events as they happen: nothing is lost, nothing is told twice, and nobody who does not read costs memory.
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { LaneSummary, PageRows } from '../../controller/page/schema.ts';
import { events, open, served, TOKEN, textOf } from './served.ts';
import { WrittenLane } from './written-lane.ts';

const PATH = '/api/v1/lanes/main/events';
const TRIAL = {
  experiment: '000001',
  description: '',
  source: 'builtin',
  attempt: 1,
  waits: '',
  says: '',
  sinceMs: null,
};

/** Each call resolves once the stream has carried these words, too. */
function hearing(answer: IncomingMessage): (words: string) => Promise<void> {
  const chunks = answer.setEncoding('utf8')[Symbol.asyncIterator]();
  let rest = '';
  return async (words) => {
    while (!rest.includes(words)) {
      const { value, done } = await chunks.next();
      if (done) throw new Error(`the stream ended without ${words}`);
      rest = rest.slice(-words.length) + value;
    }
  };
}

const named = (told: unknown[]) =>
  (told as PageRows[]).flatMap(({ columns, rows }) => rows.map((row) => row[columns.indexOf('experiment')]));

test('a row is told as soon as it is decided', async () => {
  const lane = new WrittenLane();
  const server = await served(lane);
  const stream = await open(server, PATH);
  expect(stream.headers['content-type']).toBe('text/event-stream');
  const heard = hearing(stream);
  for (let n = 0; n < 3; n++) {
    const { experiment } = lane.decide();
    server.nudge('main');
    await heard(`[["${experiment}",`);
  }
});

test('a client that comes back is told what it missed, once', async () => {
  const lane = new WrittenLane();
  for (let i = 0; i < 10; i++) lane.decide();
  const server = await served(lane);
  const headers = { authorization: `Bearer ${TOKEN}`, 'last-event-id': '1:7' };
  expect(named(await events(await open(server, PATH, { headers }), 'decided', 1))).toEqual([
    '000007',
    '000008',
    '000009',
  ]);
});

test.each([
  ['has seen rows that are none of this lane', '9:9', 3],
  ['lacks more than a stream should carry', '1:1', 1000],
])('a client that %s reads everything anew', async (_, lastId, rows) => {
  const lane = new WrittenLane();
  for (let i = 0; i < rows; i++) lane.decide();
  const server = await served(lane);
  const headers = { authorization: `Bearer ${TOKEN}`, 'last-event-id': lastId };
  expect(await events(await open(server, PATH, { headers }), 'resync', 1)).toEqual([{}]);
});

test('a row that comes between older ones makes clients read everything anew', async () => {
  const lane = new WrittenLane();
  lane.decide();
  const last = lane.decide();
  const server = await served(lane);
  const stream = await open(server, PATH);
  const told = events(stream, 'resync', 1);
  lane.decisions = [lane.decisions[0]!, { ...last, commit: 'b'.repeat(40) }, last];
  server.nudge('main');
  expect(await told).toEqual([{}]);
});

test('the 33rd client is told to come back later, and comes in once another has left', async () => {
  const server = await served(new WrittenLane());
  const streams = await Promise.all(Array.from({ length: 32 }, () => open(server, PATH)));
  const refused = await open(server, PATH);
  expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '30']);
  expect(await textOf(refused)).toContain('close one');
  expect(server.watchers).toBe(32);
  streams[0]!.destroy();
  await vi.waitFor(() => expect(server.watchers).toBe(31));
  expect((await open(server, PATH)).statusCode).toBe(200);
});

test('a client that never reads is dropped, and the others are told everything', async () => {
  const lane = new WrittenLane();
  const server = await served(lane);
  const deaf = connect(server.port, '127.0.0.1').pause();
  onTestFinished(() => void deaf.destroy());
  await once(deaf, 'connect');
  deaf.write(
    `GET ${PATH} HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nauthorization: Bearer ${TOKEN}\r\n\r\n`,
  );
  await vi.waitFor(() => expect(server.watchers).toBe(1));
  const reader = await open(server, PATH);
  // The system's own buffers hold some megabytes before anything waits here.
  const MOST = 400;
  const heard = hearing(reader);
  for (let i = 0; i < MOST; i++) {
    lane.open = [{ ...TRIAL, says: String(i).padEnd(100_000, '.') }];
    server.nudge('main');
    await heard(`"says":"${i}.`);
  }
  expect(server.watchers).toBe(1);
});

test('a client that leaves while the lane is looked at counts for nobody', async () => {
  const lane = new WrittenLane();
  const look = lane.look.bind(lane);
  let asked = () => {};
  let answer = () => {};
  const begun = new Promise<void>((done) => (asked = done));
  const answered = new Promise<void>((done) => (answer = done));
  lane.look = async () => {
    asked();
    await answered;
    return look();
  };
  const server = await served(lane);
  const leaving = connect(server.port, '127.0.0.1');
  leaving.write(
    `GET ${PATH} HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nauthorization: Bearer ${TOKEN}\r\n\r\n`,
  );
  await begun;
  leaving.destroy();
  await open(server, '/'); // by now the server has heard of it
  answer();
  await textOf(await open(server, '/api/v1/lanes/main'));
  expect(server.watchers).toBe(0);
});

test('a client that reads is told of a lane with a thousand runs on trial', async () => {
  const lane = new WrittenLane();
  const trial = (n: number) => ({
    ...TRIAL,
    experiment: String(n).padStart(6, '0'),
    description: 'an idea'.padEnd(250),
  });
  lane.open = Array.from({ length: 1000 }, (_, n) => trial(n));
  const server = await served(lane);
  const [now] = await events(await open(server, PATH), 'now', 1);
  expect((now as LaneSummary).open).toHaveLength(1000);
});

test('what happens together is looked at once, and told once', async () => {
  const lane = new WrittenLane();
  let looks = 0;
  const look = lane.look.bind(lane);
  lane.look = () => {
    looks++;
    return look();
  };
  const quiet = Object.assign(lane, { everyMs: 3_600_000, soonMs: 500 });
  const server = await served(quiet);
  const stream = await open(server, PATH);
  const told = events(stream, 'decided', 1);
  await vi.waitFor(() => expect(server.watchers).toBe(1));
  const before = looks;
  for (let i = 0; i < 10; i++) {
    lane.decide();
    server.nudge('main');
  }
  expect(named(await told)).toHaveLength(10);
  expect(looks - before).toBe(1);
});
