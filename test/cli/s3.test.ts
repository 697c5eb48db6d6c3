// The command with its results in S3.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Bucket } from '../../controller/adapters/s3/bucket.ts';
import { locationOf } from '../../controller/adapters/s3/location.ts';
import { decode } from '../../controller/report/results-tsv.ts';
import { type Gateway, openGateway } from '../s3/gateway.ts';
import { autoresearch } from './command.ts';

let gateway: Gateway;
let dir: string;
let url: string;
let at: string[];
beforeAll(async () => {
  gateway = await openGateway();
  dir = await mkdtemp(join(tmpdir(), 's3-cli-'));
  url = `s3://${gateway.bucket()}/lab`;
  at = ['--dir', dir, '--store', url, '--endpoint', gateway.endpoint];
}, 1_800_000);
afterAll(async () => {
  await gateway?.close();
  await rm(dir, { recursive: true, force: true });
});

const run = ['dev', '--clock', 'virtual', '--budget', '0.5s', '--plain'];

async function stored(key: string): Promise<string> {
  const bucket = new Bucket({
    location: locationOf(url)!,
    endpoint: gateway.endpoint,
    region: null,
    pathStyle: null,
  });
  return new TextDecoder().decode((await bucket.get(key))!);
}

test('rows, picture, records and logs are in S3 and nowhere else', async () => {
  const said = await autoresearch(...run, ...at, '--experiments', '3');
  expect(said.code, said.err).toBe(0);
  expect(said.err).toContain(`rows      ${url}/main/results.tsv`);
  const decoded = decode(await stored('main/results.tsv'));
  expect(decoded).toMatchObject({ kind: 'rows', rows: { length: 4 } });
  expect(await stored('main/progress.svg')).toMatch(/^<svg/);
  expect(await stored('main/experiments/000000/1/run.log')).toContain('val_bpb:');
  expect((await readdir(dir)).sort()).toEqual(['.gitignore', 'main', 'runs']);
});

test('it goes on where it was, and the reading commands read there', async () => {
  const said = await autoresearch(...run, ...at, '--experiments', '4');
  expect(said.code, said.err).toBe(0);
  const list = await autoresearch('list', '-o', 'tsv', ...at);
  expect(list.out.trimEnd()).toBe((await stored('main/results.tsv')).trimEnd());
  const log = await autoresearch('logs', '2', ...at);
  expect(log.out.trimEnd()).toBe((await stored('main/experiments/000002/1/run.log')).trimEnd());
  const rebuilt = await autoresearch('rebuild', ...at);
  expect(rebuilt.err).toBe(`${url}/main/results.tsv: 5 rows, as it was, to the byte`);
  await autoresearch('guide', 'smaller', ...at);
  expect(JSON.parse(await stored('main/control.json'))).toMatchObject({ guidance: 'smaller' });
  const exported = await autoresearch('export', join(dir, 'out'), ...at);
  expect(exported.code, exported.err).toBe(0);
  expect(await readFile(join(dir, 'out', 'results.tsv'), 'utf8')).toBe(await stored('main/results.tsv'));
});

test.each([
  ['a store that is no place', ['--store', 'ftp://x'], 2, /a store is s3:\/\/BUCKET/],
  ['an endpoint that is none', ['--store', 's3://bucket', '--endpoint', 'here'], 2, /an endpoint is http/],
  [
    'a bucket that is not there',
    ['--store', 's3://missing', '--endpoint', 'URL'],
    1,
    /no such bucket: create it/,
  ],
])('%s is refused with what to do', async (_, args, code, words) => {
  const flags = args.map((arg) => arg.replace('URL', gateway.endpoint));
  const said = await autoresearch('list', '--dir', dir, ...flags);
  expect(said.err).toMatch(words);
  expect(said.code).toBe(code);
});

test('a file names the store, as a URL or with its settings, and a flag wins', async () => {
  const file = join(dir, 'lab.yaml');
  await writeFile(file, `store: { url: ${url}, endpoint: "http://127.0.0.1:1" }\nlanes: [main]\n`);
  const config = ['--config', file, '--dir', dir, '--endpoint', gateway.endpoint, '--experiments', '4'];
  const said = await autoresearch(...run, ...config);
  expect([said.code, said.out], said.err).toEqual([0, '']);
  await writeFile(file, `store: ${url}\n`);
  expect((await autoresearch(...run, ...config)).err).toContain(`${url}/main/results.tsv`);
});
