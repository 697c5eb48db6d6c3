// Runs a file as the CPU trainer, on the virtual clock and by hand, as the corpora need it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { parse } from '../../../controller/core/log/summary.ts';
import { checkout } from '../../../controller/settings/checkout.ts';

export class Trials {
  readonly #folder: string;
  readonly #env: Record<string, string>;
  #files = 0;

  /** Makes the text that all of them learn from. `seconds`: of virtual training. */
  static async begin(seconds: number): Promise<Trials> {
    const trials = new Trials(await mkdtemp(join(tmpdir(), 'corpus-')), seconds);
    const make =
      'import os, pathlib, prepare; prepare.make_text(pathlib.Path(os.environ["AUTORESEARCH_TEXT"]))';
    await execa(checkout.python, ['-c', make], { env: trials.#env });
    return trials;
  }

  private constructor(folder: string, seconds: number) {
    this.#folder = folder;
    this.#env = {
      PYTHONPATH: checkout.cpu,
      PYTHONDONTWRITEBYTECODE: '1',
      AUTORESEARCH_TEXT: join(folder, 'text'),
      AUTORESEARCH_CLOCK: 'virtual',
      AUTORESEARCH_BUDGET: String(seconds),
    };
  }

  /** How it ends; `summary`: whether it printed one, and with what number. */
  async run(text: string) {
    const file = join(this.#folder, `train-${++this.#files}.py`);
    await writeFile(file, text);
    const { exitCode, stdout, stderr } = await execa(checkout.python, [file], {
      env: this.#env,
      reject: false,
      timeout: 600_000,
    });
    const read = parse(Buffer.from(stdout));
    const valBpb = read.kind === 'summary' ? read.summary.val_bpb : null;
    return { exitCode, summary: read.kind === 'summary', valBpb, stderr };
  }

  end(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }
}
