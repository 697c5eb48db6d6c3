// What `status` says of a lane whose controller is another process, perhaps in a cluster's Pod.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DirectoryStore } from '../../controller/adapters/directory/store.ts';
import type { Run } from '../../controller/core/run.ts';
import type { World } from '../../controller/core/world.ts';
import { Budget } from '../../controller/llm/budget.ts';
import { jobEventsObserver } from '../../controller/observers/job-events.ts';
import { readStatus, StatusFile } from '../../controller/observers/status-file.ts';
import { overviewSchema } from '../../controller/views/overview.ts';
import { LanePaths } from '../../controller/wiring/paths.ts';
import { autoresearch } from '../cli/command.ts';

const ABOUT = { holder: 'lab-0:/data', pool: 'h100', commands: ['kubectl get pods'] };

let dir: string;
let file: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'now-'));
  file = new LanePaths(dir).status('main');
  const branch = '--initial-branch=autoresearch/main';
  await execa('git', ['init', '--quiet', '--bare', branch, new LanePaths(dir).frontier('main')]);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const NO_GPU = '0/3 nodes are available: 2 Insufficient nvidia.com/gpu';
const run = (experiment: string, state: Run['state']): Run => ({
  ...{ lane: 'main', experiment, attempt: 1, intent: '', nonce: '', node: '', image: '' },
  state,
});
const waiting = (experiment: string, sentence: string) =>
  run(experiment, { kind: 'pending', sinceMs: 0, sentence });
const lane = { width: 3 };
const world = (...runs: Run[]) => ({ lane, runs, settled: new Map() }) as unknown as World;
const running = run('000004', { kind: 'running', sinceMs: 0, phase: 'running' });

async function told(): Promise<Record<string, string>> {
  const { code, out, err } = await autoresearch('status', '--dir', dir, '-o', 'json');
  expect(code, err).toBe(0);
  const [view] = JSON.parse(out);
  expect(overviewSchema.safeParse(withoutOldKeys(view)).error).toBeUndefined();
  return view;
}

/** Keys of release 0.1 stand beside those of the schema. */
function withoutOldKeys(view: object): object {
  return Object.fromEntries(Object.entries(view).filter(([key]) => key in overviewSchema.shape));
}

function nowFile(): StatusFile {
  return new StatusFile(file, (sentence) => expect.unreachable(sentence), ABOUT);
}

describe('status of a lane whose controller', () => {
  test('never was here says that none runs', async () => {
    expect(await told()).toMatchObject({
      state: 'not running',
      why: 'no controller has told why; ./autoresearch dev goes on',
      running: '',
      waiting: '',
    });
  });

  test('works says what runs, and in words why the rest does not', async () => {
    const status = nowFile();
    status.observer.turn(world(running, waiting('000005', NO_GPU)));
    await status.settled();
    expect(await told()).toMatchObject({
      state: 'running',
      running: '000004',
      waiting: `000005: ${NO_GPU}`,
    });
    const { out } = await autoresearch('status', '--dir', dir);
    expect(out).toContain(`000005: ${NO_GPU}`);
    expect(out).not.toMatch(/^\S+$/m);
  });

  test('was started with caps tells them, and the tighter ones of a person', async () => {
    const status = nowFile();
    const limits = { experiments: 90, gpuHours: 8, usd: null };
    status.observer.turn({ ...world(running), lane: { ...lane, limits } } as World);
    await status.settled();
    const told = async () => {
      const { out } = await autoresearch('status', '--dir', dir, '-o', 'json');
      const [{ caps, capsInForce }] = JSON.parse(out);
      return [caps, capsInForce];
    };
    const none = { experiments: null, hours: null, usd: null };
    expect(await told()).toEqual([none, { experiments: 90, hours: 8, usd: null }]);
    expect((await autoresearch('limit', '--experiments', '5', '--usd', '2', '--dir', dir)).err).toContain(
      'by hand: experiments 5, hours none, USD 2',
    );
    expect(await told()).toEqual([
      { experiments: 5, hours: null, usd: 2 },
      { experiments: 5, hours: 8, usd: 2 },
    ]);
    expect((await autoresearch('status', '--dir', dir)).out).toMatch(/^hours +0\.000 of 8 of machine time$/m);
    await autoresearch('limit', '--experiments', 'none', '--usd', 'none', '--dir', dir);
  });

  test('told no caps, as an older release does, has those of its last call and no looser ones of a person', async () => {
    const status = nowFile();
    status.observer.turn(world(running));
    await status.settled();
    const budget = new Budget(new DirectoryStore(new LanePaths(dir).store), 'main', async () => ({
      nanoUsd: 5e9,
      tokens: null,
    }));
    const call = {
      purpose: 'propose',
      experiment: null,
      model: 'm',
      nanoUsd: 2e9,
      tokens: 1,
      atMs: 0,
    } as const;
    await budget.reserve(call);
    await autoresearch('limit', '--usd', '50', '--dir', dir);
    expect((await autoresearch('status', '--dir', dir)).out).toMatch(/^spent +2\.0000 of 5 USD in 1 calls$/m);
    await autoresearch('limit', '--usd', 'none', '--dir', dir);
  });

  test('is wide tells all that runs and waits, and a person as many as can be read', async () => {
    const status = nowFile();
    const id = (n: number) => String(n).padStart(6, '0');
    const runs = Array.from({ length: 64 }, (_, n) =>
      run(id(n), { kind: 'running', sinceMs: 0, phase: 'running' }),
    );
    const waits = Array.from({ length: 30 }, (_, n) => waiting(id(100 + n), NO_GPU));
    status.observer.turn(world(...runs, ...waits));
    await status.settled();
    const [view] = JSON.parse((await autoresearch('status', '--dir', dir, '-o', 'json')).out);
    expect([view.training.length, view.waits.length]).toEqual([64, 30]);
    expect((await autoresearch('status', '--dir', dir)).out).toMatch(
      /^running +000000 .* 000019 … and 44 more$/m,
    );
  });

  test('tells who leads, how long runs waited and took, and which nodes lost them', async () => {
    const status = nowFile();
    const { observer } = status;
    observer.turn(world(run('000004', { kind: 'pending', sinceMs: 1000, sentence: NO_GPU })));
    observer.turn(
      world(run('000004', { kind: 'running', sinceMs: 61_000, phase: 'running', placedMs: 21_000 })),
    );
    for (const outcome of [
      { kind: 'lost', reason: 'preempted', sealed: null, node: 'gpu-7' },
      { kind: 'lost', reason: 'preempted', sealed: null, node: 'gpu-7' },
      {
        kind: 'finished',
        reason: '',
        sealed: { start_seconds: 320, training_seconds: 300, wall_seconds: 328 },
        node: 'gpu-3',
      },
    ])
      observer.happened({ kind: 'measured', experiment: '000004', result: { outcome } } as never);
    observer.turn(world(waiting('000005', NO_GPU)));
    await status.settled();
    expect(await readStatus(file)).toMatchObject({
      waiting: [{ experiment: '000005', sinceMs: 0 }],
      machine: {
        ...ABOUT,
        width: 3,
        finished: [
          { experiment: '000004', waited: 60, placed: 20, prepared: 20, trained: 300, evaluated: 8 },
        ],
        losses: [{ node: 'gpu-7', cause: 'preempted', count: 2 }],
      },
    });
    expect(await told()).toMatchObject({ waits: [{ experiment: '000005', sentence: NO_GPU }] });
  });

  test('waits for another one says whom it waits for', async () => {
    const status = nowFile();
    status.waitsForLease('lane main is led by lab/a: waiting until it ends; end that one, or this one');
    await status.settled();
    expect(await told()).toMatchObject({ state: 'waiting', why: expect.stringMatching(/^lane main is led/) });
  });

  test('may launch nothing says why, until it launches again', async () => {
    const status = nowFile();
    status.observer.happened({ kind: 'held', sentence: 'no room in the quota' });
    status.observer.turn(world());
    await status.settled();
    expect(await readStatus(file)).toMatchObject({ state: 'running', why: 'no room in the quota' });
    const launched = { kind: 'launched', experiment: '000001', attempt: 1, cause: 'first' } as const;
    status.observer.happened({ ...launched, description: '' });
    await status.settled();
    expect(await readStatus(file)).toMatchObject({ state: 'running', why: '' });
  });

  test('is in trouble says so until it looks again', async () => {
    const status = nowFile();
    status.observer.happened({ kind: 'trouble', sentence: 'the API server does not answer' });
    await status.settled();
    expect(await readStatus(file)).toMatchObject({
      state: 'in trouble',
      why: 'the API server does not answer',
    });
    status.observer.turn(world());
    await status.settled();
    expect(await readStatus(file)).toMatchObject({ state: 'running', why: '' });
  });

  test('is done with its work says why it stopped', async () => {
    const status = nowFile();
    status.observer.turn(world(running));
    status.stopped({ reason: 'limit', sentence: 'all 9 experiments are decided' });
    await status.settled();
    expect(await told()).toMatchObject({
      state: 'stopped',
      why: 'all 9 experiments are decided',
      running: '',
    });
  });

  test('goes on after it was done says that it runs', async () => {
    const status = nowFile();
    status.stopped({ reason: 'limit', sentence: '3 experiments are done' });
    await status.settled();
    status.observer.happened({ kind: 'began', epoch: 2, decided: 4, open: 0, adopted: 0, frontier: [] });
    status.observer.turn(world(running));
    await status.settled();
    expect(await readStatus(file)).toMatchObject({ state: 'running', why: '', running: ['000004'] });
  });

  test('ended says why it stopped', async () => {
    const ended = { pid: process.pid, startTime: 'another', running: [], waiting: [] };
    const why = '3 experiments are done';
    await writeFile(file, JSON.stringify({ ...ended, state: 'stopped', why }));
    expect(await told()).toMatchObject({ state: 'not running', why });
  });

  test('was killed says that none runs, whatever it said last', async () => {
    const left = {
      pid: process.pid,
      startTime: 'another',
      state: 'running',
      why: '',
      running: [],
      waiting: [],
    };
    await writeFile(file, JSON.stringify(left));
    expect(await told()).toMatchObject({
      state: 'not running',
      why: 'its controller ended without a word; ./autoresearch dev goes on',
    });
  });
});

test('the file does not stop a lane where it cannot be written: that is said', async () => {
  const troubles: string[] = [];
  await writeFile(join(dir, 'plain'), '');
  const status = new StatusFile(join(dir, 'plain', 'now.json'), (sentence) => troubles.push(sentence), ABOUT);
  status.observer.turn(world());
  await status.settled();
  expect(troubles[0]).toMatch(/^the status file cannot be written: .*; check the volume$/);
});

test('what waits is told by an Event after a while, once per reason', () => {
  let nowMs = 0;
  const events: string[] = [];
  const announcer = {
    waits: ({ experiment }: Run, sentence: string) => events.push(`${experiment}: ${sentence}`),
  };
  const observer = jobEventsObserver('main', announcer as never, { now: () => nowMs });
  const at = (seconds: number, ...runs: Run[]) => {
    nowMs = 1000 * seconds;
    observer.turn(world(...runs));
  };
  at(10, waiting('000005', 'waiting for the scheduler'));
  at(20, waiting('000005', NO_GPU));
  at(30, waiting('000005', NO_GPU), running);
  at(40, waiting('000005', 'waiting in Kueue queue x'));
  at(50, waiting('000005', NO_GPU));
  at(60);
  expect(events).toEqual([`000005: ${NO_GPU}`, '000005: waiting in Kueue queue x', `000005: ${NO_GPU}`]);
});
