// A place for runs as process trees: a directory of its own, a harness to run them with, and an end for all of them.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll } from 'vitest';
import { ProcessExecutor, type ProcessOptions } from '../../../controller/adapters/process/executor.ts';
import { parseRunName } from '../../../controller/adapters/process/rundir.ts';
import { type Act, type ExecutorWorld, LINES } from '../../contract/executor.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const run = promisify(execFile);
export const python = join(root, 'harness', 'cpu', '.venv', 'bin', 'python');
export const supervisors = {
  standIn: join(root, 'test', 'fixtures', 'supervisor', 'supervise.py'),
  real: join(root, 'harness', 'supervise.py'),
};

const ACTS: Record<Act, string> = {
  ends: `print(${JSON.stringify(LINES[0])}, flush=True)\nprint(${JSON.stringify(LINES[1])}, flush=True)\n`,
  lasts: `import time\nprint(${JSON.stringify(LINES[0])}, flush=True)\ntime.sleep(600)\n`,
};

/** Only ends what hangs, a little before the test's own timeout would, which names nothing. */
const MOST_MS = 240_000;

/** Ways of the stand-in to go wrong; see its source. */
export type Mischief = 'die-early' | 'ignore-term';

export class Ground implements ExecutorWorld {
  readonly dir: string;
  readonly options: ProcessOptions;
  readonly #opened: ProcessExecutor[] = [];

  private constructor(dir: string, options: ProcessOptions) {
    this.dir = dir;
    this.options = options;
  }

  static async make(supervise: string, mischief: Mischief[] = []): Promise<Ground> {
    const dir = await realpath(await mkdtemp(join(tmpdir(), 'runs-')));
    const { text, sealed } = await (supervise === supervisors.real ? madeTexts() : emptyTexts(dir));
    if (mischief.length > 0) {
      const own = join(dir, 'supervise.py');
      await cp(supervise, own);
      await writeFile(join(dir, 'misbehave'), mischief.join(' '));
      supervise = own;
    }
    const harness = join(root, 'harness', 'cpu');
    const clock = 'cpu';
    return new Ground(dir, { runs: join(dir, 'runs'), python, supervise, harness, text, sealed, clock });
  }

  open(changed: Partial<ProcessOptions> = {}): ProcessExecutor {
    const executor = new ProcessExecutor({ ...this.options, ...changed });
    this.#opened.push(executor);
    return executor;
  }

  trainPy(act: Act): string {
    return ACTS[act];
  }

  async until(holds: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = performance.now() + MOST_MS;
    while (!(await holds())) {
      if (performance.now() > deadline) throw new Error('it never came to that');
      await delay(20);
    }
  }

  /** Ends every run, whatever became of the test. */
  async close(): Promise<void> {
    const last = this.open({ graceMs: 2000 });
    const names = (await readdir(this.options.runs).catch(() => [])).map(parseRunName);
    const place = { intent: '', nonce: '', node: '', image: '' };
    const state = { kind: 'pending', sinceMs: 0, sentence: '' } as const;
    for (const name of names) if (name) await last.remove({ ...name, ...place, state });
    for (const executor of this.#opened) executor.close();
    await rm(this.dir, { recursive: true, force: true });
  }
}

interface Texts {
  readonly text: string;
  readonly sealed: string;
}

/** The stand-in reads no text: empty folders will do. */
async function emptyTexts(dir: string): Promise<Texts> {
  const [text, sealed] = [join(dir, 'text'), join(dir, 'sealed')];
  await mkdir(text);
  await mkdir(sealed, { mode: 0o700 });
  return { text, sealed };
}

/** What the trainer's own prepare.py makes, once for all tests of a file. */
let made: Promise<Texts & { dir: string }> | null = null;
async function madeTexts(): Promise<Texts> {
  made ??= makeTexts();
  return made;
}

async function makeTexts(): Promise<Texts & { dir: string }> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'text-')));
  const [sealed, secret] = [join(dir, 'sealed'), join(dir, 'secret')];
  await writeFile(secret, 'a secret of some length');
  const prepare = join(root, 'harness', 'cpu', 'prepare.py');
  await run(python, [prepare, '--text', dir, '--sealed', sealed, '--secret-file', secret]);
  return { dir, text: join(dir, 'text'), sealed };
}

afterAll(async () => {
  if (made) await rm((await made).dir, { recursive: true, force: true });
});
