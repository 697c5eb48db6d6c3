// Who is answered, over real sockets.
import { expect, test } from 'vitest';
import {
  detailSchema,
  laneSchema,
  lanesSchema,
  logSchema,
  rowsSchema,
} from '../../controller/page/schema.ts';
import { open, served, TOKEN, textOf } from './served.ts';
import { WrittenLane } from './written-lane.ts';

const bearer = { authorization: `Bearer ${TOKEN}` };

test.each<[string, string, string, Record<string, string>, number]>([
  ['no token', 'GET', '/api/v1/lanes', {}, 401],
  ['another token', 'GET', '/api/v1/lanes', { authorization: 'Bearer another' }, 401],
  ['a token in the query', 'GET', `/api/v1/lanes?t=${TOKEN}`, {}, 401],
  ['no token for rows', 'GET', '/api/v1/lanes/main/rows', {}, 401],
  ['no token for events', 'GET', '/api/v1/lanes/main/events', {}, 401],
  ['no token for a lane that is not', 'GET', '/api/v1/lanes/other', {}, 401],
  ['a name that was rebound', 'GET', '/api/v1/lanes', { ...bearer, host: 'evil.example' }, 421],
  ['a name that was rebound, for the page', 'GET', '/', { host: 'evil.example:80' }, 421],
  ['a name that begins like ours', 'GET', '/', { host: 'localhost.evil.example' }, 421],
  ['a POST from another site', 'POST', '/api/v1/lanes', { ...bearer, 'sec-fetch-site': 'cross-site' }, 403],
  ['a script of another site', 'GET', '/page.js', { 'sec-fetch-site': 'cross-site' }, 403],
  ['another port of this host', 'GET', '/api/v1/lanes', { ...bearer, 'sec-fetch-site': 'same-site' }, 403],
  ['a POST of the page itself', 'POST', '/api/v1/lanes', { ...bearer, 'sec-fetch-site': 'same-origin' }, 405],
  ['a DELETE', 'DELETE', '/api/v1/lanes/main', bearer, 405],
  ['a lane that is not', 'GET', '/api/v1/lanes/other/rows', bearer, 404],
  ['an experiment that is not', 'GET', '/api/v1/lanes/main/experiments/99', bearer, 404],
  ['a path out of the lane', 'GET', '/api/v1/lanes/main/experiments/..%2f..%2fsealed', bearer, 404],
  ['the token', 'GET', '/api/v1/lanes', bearer, 200],
  ['a port that a person forwards here', 'GET', '/api/v1/lanes', { ...bearer, host: 'localhost:1' }, 200],
  ['a link in a mail', 'GET', '/', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 200],
])('%s', async (_, method, path, headers, status) => {
  const lane = new WrittenLane();
  lane.decide();
  const server = await served(lane);
  const answer = await open(server, path, {
    method,
    headers: { host: `127.0.0.1:${server.port}`, ...headers },
  });
  expect(answer.statusCode).toBe(status);
  expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
  const text = await textOf(answer);
  if (status >= 400) expect(text).not.toMatch(/baseline|experiment": /);
});

test('every answer is what its schema says', async () => {
  const lane = new WrittenLane();
  for (let i = 0; i < 20; i++) lane.decide();
  const server = await served(lane);
  const json = async (path: string) => JSON.parse(await textOf(await open(server, `/api/v1/lanes${path}`)));
  expect(lanesSchema.parse(await json('')).lanes).toEqual(['main']);
  expect(laneSchema.parse(await json('/main')).decided).toBe(20);
  const rows = rowsSchema.parse(await json('/main/rows'));
  expect(rows.rows.map((row) => row[rows.columns.indexOf('commit')])).toEqual(
    lane.decisions.map(({ commit }) => commit),
  );
  expect(detailSchema.parse(await json('/main/experiments/7')).experiment).toBe('000007');
  expect(logSchema.parse(await json('/main/experiments/7/log')).size).toBe(0);
  const { paths } = JSON.parse(await textOf(await open(server, '/api/v1/openapi.json')));
  expect(Object.keys(paths)).toContain('/api/v1/lanes/{lane}/rows');
});

test('what has not changed is not sent again, and what is sent is compressed', async () => {
  const lane = new WrittenLane();
  for (let i = 0; i < 100; i++) lane.decide();
  const server = await served(lane);
  const asked = { ...bearer, 'accept-encoding': 'gzip' };
  const first = await open(server, '/api/v1/lanes/main/rows', { headers: asked });
  expect(first.headers['content-encoding']).toBe('gzip');
  const again = { ...asked, 'if-none-match': first.headers.etag! };
  expect((await open(server, '/api/v1/lanes/main/rows', { headers: again })).statusCode).toBe(304);
});
