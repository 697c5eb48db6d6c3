import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from 'vitest';
import { processes } from '../../../controller/adapters/process/liveness.ts';
import { runName } from '../../../controller/adapters/process/rundir.ts';
import type { Run } from '../../../controller/ports.ts';
import { intentOf, running } from '../../contract/executor.ts';
import { Ground, type Mischief, python, supervisors } from './ground.ts';

const LANE = 'suite';
const grounds: Ground[] = [];
const begin = async (supervise: string, ...mischief: Mischief[]) => {
  const ground = await Ground.make(supervise, mischief);
  grounds.push(ground);
  return ground;
};
afterEach(() => Promise.all(grounds.splice(0).map((ground) => ground.close())));

// A process of each kind that could be overlooked: each writes its pid into a file of its own, then stays.
const TREE = `
import os, signal, subprocess, sys, time
def stay(name):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with open(name + ".new", "w") as file:
        file.write(str(os.getpid()))
    os.rename(name + ".new", name + ".pid")
    while True: time.sleep(600)
if os.fork() == 0: stay("child")
if os.fork() == 0:
    os.setsid()
    stay("other-session")
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: stay("orphan")
    os._exit(0)
stay("train")
`;
const KINDS = ['child', 'orphan', 'other-session', 'train'];

async function treeOf(ground: Ground, run: Run): Promise<number[]> {
  const work = join(ground.options.runs, runName(run), 'work');
  const files = async () => (await readdir(work)).filter((name) => name.endsWith('.pid'));
  await ground.until(async () => (await files()).length === KINDS.length);
  return Promise.all((await files()).map(async (name) => Number(await readFile(join(work, name), 'utf8'))));
}

function living(pids: number[]): number[] {
  const all = new Set(processes().map((one) => one.pid));
  return pids.filter((pid) => all.has(pid));
}

describe('removing a run that does not want to end', () => {
  test.each<[string, string, Mischief[]]>([
    ['under the real supervisor', supervisors.real, []],
    ['under a supervisor that obeys', supervisors.standIn, []],
    ['under a supervisor that ignores SIGTERM', supervisors.standIn, ['ignore-term']],
  ])('ends every process of its tree %s', async (_, supervise, mischief) => {
    const ground = await begin(supervise, ...mischief);
    const executor = ground.open({ graceMs: mischief.length > 0 ? 50 : 10_000 });
    await executor.launch({ ...intentOf(ground, 'lasts'), trainPy: TREE });
    const run = await running(ground, executor);
    const pids = await treeOf(ground, run);
    expect(living(pids).length).toBe(KINDS.length);
    await executor.remove(run);
    expect(living(pids)).toEqual([]);
    expect(await readdir(ground.options.runs)).toEqual([]);
  });

  test.each([
    ['was killed', 'SIGKILL'],
    ['was stopped', 'SIGSTOP'],
  ] as const)('ends every process of its tree after its supervisor %s', async (_, signal) => {
    const ground = await begin(supervisors.standIn);
    const executor = ground.open();
    await executor.launch({ ...intentOf(ground, 'lasts'), trainPy: TREE });
    const run = await running(ground, executor);
    const pids = await treeOf(ground, run);
    const claim = await readFile(join(ground.options.runs, runName(run), 'result', 'started.json'), 'utf8');
    process.kill(JSON.parse(claim).pid, signal);
    await executor.remove(run);
    expect(living(pids)).toEqual([]);
  });

  test('lets a person live who stands in its directory', async () => {
    const ground = await begin(supervisors.standIn);
    const executor = ground.open();
    await executor.launch(intentOf(ground, 'lasts'));
    const run = await running(ground, executor);
    const work = join(ground.options.runs, runName(run), 'work');
    const shell = [
      'import os, pty, sys, time',
      'pid, screen = pty.fork()',
      'if pid == 0:',
      '    os.chdir(sys.argv[1])',
      '    print("here", flush=True)',
      '    time.sleep(600)',
      'os.read(screen, 4)',
      'print(pid, flush=True)',
      'time.sleep(600)',
    ].join('\n');
    const terminal = spawn(python, ['-c', shell, work], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [told] = await once(createInterface({ input: terminal.stdout }), 'line');
      const pid = Number(String(told));
      await executor.remove(run);
      expect(living([pid])).toEqual([pid]);
    } finally {
      terminal.kill('SIGKILL');
    }
  });

  test('takes folders along that nobody may read, and trees that no path reaches', async () => {
    const ground = await begin(supervisors.standIn);
    const executor = ground.open();
    const trainPy = [
      'import os',
      'os.makedirs("closed/inner"); open("closed/inner/file", "w").close()',
      'os.chmod("closed/inner", 0); os.chmod("closed", 0)',
      'for _ in range(200):',
      '    os.mkdir("d" * 200); os.chdir("d" * 200)',
      'open("/proc/self/cwd/bottom", "w").close()',
    ].join('\n');
    await executor.launch({ ...intentOf(ground, 'ends'), trainPy });
    await ground.until(async () => (await executor.list(LANE))[0]?.state.kind === 'ended');
    const [run] = await executor.list(LANE);
    expect(Buffer.from((await executor.log(run!))!).toString()).toBe('');
    await executor.remove(run!);
    expect(await readdir(ground.options.runs)).toEqual([]);
  });
});
