// A controller at work: `autoresearch up` as a child process, followed by what it says.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { main } from '../../cli/command.ts';
import { until } from './waiting.ts';

/** A line of the controller's log. */
export interface Said {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly msg: string;
  readonly experiment?: string;
  readonly attempt?: number;
  readonly outcome?: string;
  readonly status?: string;
  readonly reason?: string;
  readonly kind?: string;
}

export class Work {
  readonly said: Said[] = [];
  readonly child: ChildProcess;
  /** What it wrote that is no line of its log. */
  readonly loose: string[] = [];
  readonly #ended: Promise<number | null>;

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
    this.child = spawn(process.execPath, [main, 'up', ...args], { stdio, env: { ...process.env, ...env } });
    this.#ended = once(this.child, 'close').then(([code]) => code);
    for (const stream of [this.child.stdout!, this.child.stderr!])
      createInterface({ input: stream }).on('line', (line) => {
        if (line.startsWith('{')) this.said.push(JSON.parse(line));
        else this.loose.push(line);
      });
  }

  /** The first line of the log, from `from` on, that `is` so. Throws with the whole log where the controller ends before. */
  async says(what: string, is: (said: Said) => boolean, seconds = 300, from = 0): Promise<Said> {
    const found = await until(
      `the controller says ${what}; it said\n${this.story}`,
      () =>
        this.said.slice(from).find(is) ?? (this.child.exitCode === null ? null : { time: 0, msg: 'over' }),
      seconds,
    ).catch(() => null);
    if (found && found.msg !== 'over') return found;
    throw new Error(`the controller never said ${what}; it said\n${this.story}`);
  }

  /** Its exit code, once it ended by itself. */
  async ends(seconds = 600): Promise<number> {
    await until('the controller ends', () => this.child.exitCode !== null, seconds).catch(() => {
      throw new Error(`the controller did not end in ${seconds} s; it said\n${this.story}`);
    });
    return (await this.#ended)!;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Kills it where it still works. */
  async kill(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.#ended;
  }

  get story(): string {
    const lines = this.said.map(({ time, msg, experiment, attempt, outcome, status }) =>
      [new Date(time).toISOString().slice(11, 23), experiment, attempt, outcome ?? status, msg]
        .filter((word) => word !== undefined)
        .join(' '),
    );
    return [...lines, ...this.loose].join('\n');
  }
}
