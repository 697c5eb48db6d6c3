import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from 'vitest';
import { processOf } from '../../../controller/adapters/process/liveness.ts';
import { prepareRun, runName } from '../../../controller/adapters/process/rundir.ts';
import type { Run } from '../../../controller/ports.ts';
import { ended, intentOf, running } from '../../contract/executor.ts';
import { Ground, type Mischief, python, supervisors } from './ground.ts';

const LANE = 'suite';
const grounds: Ground[] = [];
const begin = async (...mischief: Mischief[]) => {
  const ground = await Ground.make(supervisors.standIn, mischief);
  grounds.push(ground);
  const dirOf = (run: Pick<Run, 'lane' | 'experiment' | 'attempt'>) =>
    join(ground.options.runs, runName(run));
  return { ground, executor: ground.open(), dirOf };
};
afterEach(() => Promise.all(grounds.splice(0).map((ground) => ground.close())));

/** What the supervisor wrote when it claimed the run. */
async function claimOf(dir: string): Promise<{ pid: number; startTime: string; startedMs: number }> {
  return JSON.parse(await readFile(join(dir, 'result', 'started.json'), 'utf8'));
}

describe('a run as a process tree', () => {
  test('lives on when its controller is killed, and its end is seen by the next one', async () => {
    const { ground, executor } = await begin();
    const intent = {
      ...intentOf(ground, 'ends'),
      trainPy: 'import os, time\nwhile not os.path.exists("go"): time.sleep(0.01)\n',
    };
    const module = join(import.meta.dirname, '../../../controller/adapters/process/executor.ts');
    const controller = spawn(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `const { ProcessExecutor } = await import(${JSON.stringify(module)});
         const executor = new ProcessExecutor(${JSON.stringify(ground.options)});
         console.log(JSON.stringify(await executor.launch(${JSON.stringify(intent)})));
         setInterval(() => {}, 1000);`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [answer] = await once(createInterface({ input: controller.stdout }), 'line');
    expect(JSON.parse(String(answer))).toEqual({ kind: 'launched' });
    controller.kill('SIGKILL');
    await once(controller, 'exit');

    const run = await running(ground, executor);
    await writeFile(join(ground.options.runs, runName(run), 'work', 'go'), '');
    expect((await ended(ground, executor)).nonce).toBe(run.nonce);
  });

  test('that a controller prepared but never started is started by the next one, once', async () => {
    const { ground } = await begin();
    const intent = {
      ...intentOf(ground, 'ends'),
      trainPy: 'open("../../started", "a").write("once\\n")\n',
    };
    await prepareRun(ground.options.runs, intent, 'cpu');
    const executors = [ground.open(), ground.open(), ground.open()];
    await Promise.all(executors.map((one) => one.list(LANE)));
    await ended(ground, executors[0]!);
    await Promise.all(executors.map((one) => one.launch(intent)));
    expect(await readFile(join(ground.options.runs, 'started'), 'utf8')).toBe('once\n');
  });

  test('is gone, not running, where its pid went to another process', async () => {
    const { ground, executor, dirOf } = await begin();
    await executor.launch(intentOf(ground, 'lasts'));
    const run = await running(ground, executor);
    const claim = await claimOf(dirOf(run));
    expect(processOf(claim.pid)?.startTime).toBe(claim.startTime);
    await writeFile(join(dirOf(run), 'result', 'started.json'), JSON.stringify({ ...claim, startTime: '1' }));
    const [seen] = await ground.open().list(LANE);
    expect(seen!.state).toMatchObject({ kind: 'ended', ending: { sealed: null, word: 'gone' } });
    await writeFile(join(dirOf(run), 'result', 'started.json'), JSON.stringify(claim));
    expect((await executor.list(LANE))[0]!.state.kind).toBe('running');
  });

  test('is gone where its supervisor is a zombie', async () => {
    const { ground, executor, dirOf } = await begin();
    await executor.launch(intentOf(ground, 'lasts'));
    const run = await running(ground, executor);
    const code = [
      'import os, time',
      'child = os.fork()',
      'if child == 0: os._exit(0)',
      'start = open(f"/proc/{child}/stat").read().rpartition(")")[2].split()[19]',
      'print(child, start, flush=True)',
      'time.sleep(600)',
    ].join('\n');
    const parent = spawn(python, ['-c', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [told] = await once(createInterface({ input: parent.stdout }), 'line');
      const [pid, startTime] = String(told).trim().split(' ');
      const claim = await claimOf(dirOf(run));
      await writeFile(
        join(dirOf(run), 'result', 'started.json'),
        JSON.stringify({ ...claim, pid: Number(pid), startTime }),
      );
      await ground.until(async () => (await executor.list(LANE))[0]!.state.kind === 'ended');
      expect(await readFile(`/proc/${pid}/stat`, 'latin1')).toMatch(/\) Z /);
      await writeFile(join(dirOf(run), 'result', 'started.json'), JSON.stringify(claim));
    } finally {
      parent.kill('SIGKILL');
    }
  });

  test('is gone, at the same time for everybody, when its supervisor was killed', async () => {
    const { ground, executor, dirOf } = await begin();
    await executor.launch(intentOf(ground, 'lasts'));
    const run = await running(ground, executor);
    // The stand-in leaves the log to its child, who outlives it: what that writes later would be a sign of life.
    await ground.until(async () => Buffer.from((await executor.log(run)) ?? []).includes('\n'));
    process.kill((await claimOf(dirOf(run))).pid, 'SIGKILL');
    const gone = await ended(ground, executor);
    expect(gone.state).toMatchObject({ ending: { sealed: null, word: 'gone' } });
    expect(await ground.open().list(LANE)).toEqual([gone]);
  });

  test.each([
    ['that ends it when it is told to', [], { sealed: expect.stringContaining('nonce'), word: '' }],
    ['that hears nothing any more', ['ignore-term'], { sealed: null, word: 'deadline' }],
  ] as const)('is ended two minutes after its wall under a supervisor %s', async (_, mischief, ending) => {
    const { ground, dirOf } = await begin(...mischief);
    let now = 0;
    const executor = ground.open({ now: () => now, graceMs: 2000 });
    const intent = intentOf(ground, 'lasts');
    await executor.launch(intent);
    const run = await running(ground, executor);
    await ground.until(async () => Buffer.from((await executor.log(run)) ?? []).includes('\n'));
    const { pid, startTime } = await claimOf(dirOf(run));
    now = 1000 * (intent.clocks.wallSeconds + 119);
    expect((await executor.list(LANE))[0]!.state.kind).toBe('running');
    now = 1000 * (intent.clocks.wallSeconds + 121);
    const [over] = await executor.list(LANE);
    expect(over!.state).toMatchObject({ kind: 'ended', ending });
    expect(processOf(pid)?.startTime).not.toBe(startTime);
    expect(await ground.open().list(LANE)).toEqual([over]);
  });

  test('wakes the controller that started it, and one that adopted it, when it ends', async () => {
    const { ground, dirOf } = await begin();
    const woken = { first: 0, second: 0 };
    const trainPy = 'import os, time\nwhile not os.path.exists("go"): time.sleep(0.01)\n';
    const first = ground.open({ onChange: () => woken.first++ });
    const intent = { ...intentOf(ground, 'ends'), trainPy };
    await first.launch(intent);
    // Whoever lists a run that nobody has claimed starts a supervisor too, and the one that comes second ends at once.
    await ground.until(() => existsSync(join(dirOf(intent), 'result', 'started.json')));
    await ground.open({ onChange: () => woken.second++ }).list(LANE);
    expect(woken).toEqual({ first: 0, second: 0 });
    await writeFile(join(dirOf(intent), 'work', 'go'), '');
    await ground.until(() => woken.first > 0 && woken.second > 0);
  });

  test('gets nothing of the environment of the controller', async () => {
    const { ground, executor, dirOf } = await begin();
    process.env.ANTHROPIC_API_KEY = 'a key that must not leak';
    try {
      const trainPy = 'import os\nprint(sorted(os.environ), list(os.environ.values()))\n';
      await executor.launch({ ...intentOf(ground, 'ends'), trainPy });
    } finally {
      delete process.env.ANTHROPIC_API_KEY;
    }
    const run = await ended(ground, executor);
    const log = Buffer.from((await executor.log(run))!).toString();
    expect(log).toContain("'HOME'");
    expect(log).toContain(join(dirOf(run), 'work'));
    expect(log).not.toMatch(/must not leak|ANTHROPIC/);
  });

  test('keeps its nonce to its own user', async () => {
    const { ground, executor, dirOf } = await begin();
    await executor.launch(intentOf(ground, 'lasts'));
    const run = await running(ground, executor);
    const modes = execFileSync('ls', ['-ld', dirOf(run), join(dirOf(run), 'result')], { encoding: 'utf8' });
    expect(modes.match(/^drwx------/gm)?.length).toBe(2);
  });
});

describe('a run directory in disorder', () => {
  test.each([
    ['cut short', (path: string) => truncate(path, 20)],
    ['empty', (path: string) => truncate(path, 0)],
    ['JSON of something else', (path: string) => writeFile(path, '{"schema": 2}')],
  ])('with an intent that is %s is gone, and its name is taken', async (_, harm) => {
    const { ground, executor, dirOf } = await begin();
    const intent = intentOf(ground, 'ends');
    await executor.launch(intent);
    const run = await ended(ground, executor);
    await harm(join(dirOf(run), 'intent.json'));
    const [seen] = await executor.list(LANE);
    expect(seen!.state).toMatchObject({ kind: 'ended', ending: { word: 'gone', sealed: null } });
    expect(seen!.state.kind === 'ended' && seen!.state.ending.sentence).toContain('intent.json');
    expect(await executor.launch(intent)).toMatchObject({ kind: 'conflict' });
    await executor.remove(seen!);
    expect(await executor.list(LANE)).toEqual([]);
  });

  test('with a pipe, a link or a flood where the supervisor writes is read without waiting or following', async () => {
    const { ground, executor, dirOf } = await begin();
    await executor.launch(intentOf(ground, 'lasts'));
    const run = await running(ground, executor);
    // What it writes on its way to train.py has been written then, and will not stand where a pipe or a link is put.
    await ground.until(async () => Buffer.from((await executor.log(run)) ?? []).includes('\n'));
    const result = join(dirOf(run), 'result');
    const secret = join(ground.dir, 'secret');
    await writeFile(secret, 'not for the log');
    execFileSync('rm', ['-f', join(result, 'phase'), join(result, 'run.log')]);
    execFileSync('mkfifo', [join(result, 'phase')]);
    await symlink(secret, join(result, 'run.log'));
    expect((await executor.list(LANE))[0]!.state).toMatchObject({ kind: 'running', phase: 'starting' });
    expect(await executor.log(run)).toBeNull();
    await writeFile(join(result, 'result.json'), 'x'.repeat(50 << 20));
    const [flooded] = await executor.list(LANE);
    expect(flooded!.state).toMatchObject({ kind: 'ended' });
    expect(flooded!.state.kind === 'ended' && flooded!.state.ending.sealed?.length).toBeLessThan(20_000);
    execFileSync('rm', ['-f', join(result, 'result.json')]);
    await symlink(secret, join(result, 'result.json'));
    expect((await executor.list(LANE))[0]!.state).toMatchObject({ kind: 'ended', ending: { sealed: '' } });
  });

  test('left by a controller that died is swept away, but never what another one prepares now', async () => {
    const { ground, executor } = await begin();
    const { runs } = ground.options;
    for (const name of ['.gone-x', '.new-old', '.new-now', 'a person put this here']) {
      await mkdir(join(runs, name, 'work'), { recursive: true });
    }
    const hoursAgo = new Date(Date.now() - 2 * 3_600_000);
    await utimes(join(runs, '.new-old'), hoursAgo, hoursAgo);
    await executor.list(LANE);
    expect((await readdir(runs)).sort()).toEqual(['.new-now', 'a person put this here']);
  });
});
