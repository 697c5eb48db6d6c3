// One run of a person's command: lines go in, lines come out. It cannot outlast its deadline, nor flood the controller.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { Clock } from '../../ports.ts';

/** A line may hold a whole train.py, every character escaped. */
const LINE_BYTES = 4 << 20;
const OUTPUT_BYTES = 64 << 20;
const LINES = 10_000;
const ERROR_CHARACTERS = 4000;
/** What left the group of the command may hold its output open. */
const LEFT_OPEN_MS = 2000;

interface AgentOptions {
  /** As a shell reads it. */
  readonly command: string;
  /** What the shell is started by, so that it can read less; empty: by nothing. */
  readonly behind: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  readonly clock: Clock;
}

/** How it ended: by itself with a code, or why it was ended. `errors`: the end of what it wrote to stderr. */
export interface AgentEnd {
  readonly kind: 'exited' | 'deadline' | 'flood' | 'unstartable';
  readonly code: number | null;
  readonly errors: string;
}

/** Answers a line with lines for its stdin; null closes that. */
type LineAnswer = (line: string) => Promise<string | null>;

/** Runs it in `folder`. Rejects, and ends it, when `signal` aborts. */
export async function runAgent(
  { command, behind, env, deadlineMs, clock }: AgentOptions,
  folder: string,
  first: string,
  answer: LineAnswer,
  signal: AbortSignal,
): Promise<AgentEnd> {
  signal.throwIfAborted();
  const [program, ...args] = [...behind, '/bin/sh', '-c', command];
  const child = spawn(program!, args, { cwd: folder, env: { ...env }, detached: true, stdio: 'pipe' });
  const over = new AbortController();
  let why: AgentEnd['kind'] = 'exited';
  const end = (kind: AgentEnd['kind']) => {
    if (!over.signal.aborted && why === 'exited') why = kind;
    killGroup(child);
  };
  const stopped = () => killGroup(child);
  signal.addEventListener('abort', stopped, { once: true });
  void clock.sleep(deadlineMs, over.signal).then(() => !over.signal.aborted && end('deadline'));
  child.stdin.on('error', () => {}); // told by how it ends
  const lines = new Lines(() => end('flood'));
  let errors = '';
  child.stderr.on('data', (bytes: Buffer) => {
    errors = (errors + bytes.toString('utf8')).slice(-ERROR_CHARACTERS);
    lines.count(bytes.length);
  });
  child.stdout.on('data', (bytes: Buffer) => lines.take(bytes));
  const ended = whenEnded(child, clock);
  child.stdin.write(`${first}\n`);
  let talking = Promise.resolve();
  lines.each = (line) => {
    talking = talking.then(async () => {
      if (signal.aborted) return;
      const said = await answer(line);
      if (said === null) child.stdin.end();
      else if (said !== '' && child.stdin.writable) child.stdin.write(`${said}\n`);
    });
    talking.catch(stopped);
  };
  try {
    const code = await ended;
    lines.finish();
    await talking;
    signal.throwIfAborted();
    const kind = code === 'unstartable' ? code : why;
    return { kind, code: typeof code === 'number' ? code : null, errors };
  } finally {
    over.abort();
    signal.removeEventListener('abort', stopped);
    killGroup(child);
  }
}

/** Its exit code, null after a signal. */
async function whenEnded(
  child: ChildProcessWithoutNullStreams,
  clock: Clock,
): Promise<number | null | 'unstartable'> {
  const closed = new AbortController();
  child.once('close', () => closed.abort());
  const code = await new Promise<number | null | 'unstartable'>((resolve) => {
    child.once('error', () => resolve('unstartable'));
    child.once('exit', resolve);
  });
  killGroup(child); // what it left running in its group
  await clock.sleep(LEFT_OPEN_MS, closed.signal);
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  return code;
}

function killGroup({ pid }: ChildProcessWithoutNullStreams): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // Nobody is left, or only others' processes that took its number.
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** Cuts output into lines, and tells of a flood once. */
class Lines {
  each: (line: string) => void = () => {};
  readonly #flood: () => void;
  #rest: Buffer[] = [];
  #restBytes = 0;
  #bytes = 0;
  #lines = 0;
  #flooded = false;

  constructor(flood: () => void) {
    this.#flood = flood;
  }

  count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= OUTPUT_BYTES || this.#flooded) return;
    this.#overflow();
  }

  take(bytes: Buffer): void {
    this.count(bytes.length);
    for (let from = 0; !this.#flooded; ) {
      const at = bytes.indexOf(10, from);
      const part = bytes.subarray(from, at < 0 ? bytes.length : at);
      this.#rest.push(part);
      this.#restBytes += part.length;
      if (this.#restBytes > LINE_BYTES) return this.#overflow();
      if (at < 0) return;
      this.finish();
      from = at + 1;
    }
  }

  /** Whatever is there is a line. */
  finish(): void {
    if (this.#flooded) return;
    const line = Buffer.concat(this.#rest).toString('utf8').trim();
    [this.#rest, this.#restBytes] = [[], 0];
    if (line === '') return;
    if (++this.#lines > LINES) return this.#overflow();
    this.each(line);
  }

  #overflow(): void {
    this.#flooded = true;
    this.#rest = [];
    this.#flood();
  }
}
