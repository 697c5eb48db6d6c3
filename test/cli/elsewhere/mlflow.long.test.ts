// `export --mlflow` against a real MLflow server, installed from PyPI into a folder of its own.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { autoresearch, main, saidBy } from '../command.ts';
import { storedLane } from '../stored.ts';

const uv = join(import.meta.dirname, '..', '..', '..', '.tools', 'uv', 'bin', 'uv');
const MLFLOW = 'mlflow==3.17.2';
const SOON = { timeout: 300_000, interval: 500 };

let dir: string;
let uri: string;
let end = async () => {};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mlflow-'));
  await execa(uv, ['venv', '-q', join(dir, 'venv')]);
  await execa(uv, ['pip', 'install', '-q', '--python', join(dir, 'venv', 'bin', 'python'), MLFLOW]);
  const port = await freePort();
  uri = `http://127.0.0.1:${port}`;
  const args = ['server', '--backend-store-uri', `sqlite:///${join(dir, 'runs.db')}`, '--workers', '1'];
  const where = [
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--artifacts-destination',
    join(dir, 'files'),
  ];
  const server = execa(join(dir, 'venv', 'bin', 'mlflow'), [...args, ...where], { reject: false, cwd: dir });
  end = async () => {
    server.kill('SIGTERM');
    await server;
  };
  await vi.waitFor(async () => expect((await fetch(`${uri}/health`)).status).toBe(200), SOON);
});
afterAll(async () => {
  await end();
  await rm(dir, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => probe.once('listening', done));
  const { port } = probe.address() as { port: number };
  await new Promise((done) => probe.close(done));
  return port;
}

interface Run {
  readonly info: { readonly run_name: string; readonly status: string };
  readonly data: Record<'metrics' | 'params' | 'tags', readonly { key: string; value: string | number }[]>;
}

async function runs(): Promise<Run[]> {
  const ask = async (path: string, body?: object) => {
    const init = body && { method: 'POST', body: JSON.stringify(body) };
    const headers = { 'content-type': 'application/json' };
    return (await fetch(`${uri}/api/2.0/mlflow/${path}`, { ...init, headers })).json() as Promise<{
      experiment: { experiment_id: string };
      runs: Run[];
    }>;
  };
  const { experiment } = await ask('experiments/get-by-name?experiment_name=autoresearch/main');
  const asked = {
    experiment_ids: [experiment.experiment_id],
    max_results: 100,
    order_by: ['start_time ASC'],
  };
  return (await ask('runs/search', asked)).runs;
}

const of = (run: Run, what: keyof Run['data'], key: string) =>
  run.data[what].find((one) => one.key === key)?.value;

test('each experiment is a run with its numbers, and a second export adds only what is new', async () => {
  await using lane = await storedLane({ lost: '000002' });
  await lane.run(3);
  const send = async (name: string) => {
    const { code, err } = await autoresearch('export', join(dir, name), '--dir', lane.dir, '--mlflow', uri);
    expect(code, err).toBe(0);
    return err;
  };
  expect(await send('a')).toContain('4 new runs in the experiment autoresearch/main');
  expect(await send('b')).toContain('0 new runs');
  const told = await runs();
  expect(told.map(({ info }) => [info.run_name, info.status])).toEqual(
    expect.arrayContaining([
      ['0 keep', 'FINISHED'],
      ['1 keep', 'FINISHED'],
      ['2 crash', 'FAILED'],
      ['3 keep', 'FINISHED'],
    ]),
  );
  const third = told.find(({ info }) => info.run_name === '3 keep')!;
  expect(of(third, 'metrics', 'val_bpb')).toBe(2.47);
  expect(of(third, 'params', 'status')).toBe('keep');
  expect(of(third, 'tags', 'autoresearch.experiment')).toBe('000003');
  await lane.run(5);
  expect(await send('c')).toContain('2 new runs');
  expect(await runs()).toHaveLength(6);
});

test.each([
  ['no address', 'localhost:5000', 2, 'write http://HOST:PORT'],
  ['a server that is not there', 'http://127.0.0.1:9', 3, 'does not answer'],
])('%s is refused with what to do', async (_, address, code, words) => {
  await using lane = await storedLane();
  await lane.run(1);
  const said = await saidBy(main, ['export', join(lane.dir, 'out'), '--dir', lane.dir, '--mlflow', address]);
  expect([said.code, said.err]).toEqual([code, expect.stringContaining(words)]);
});
