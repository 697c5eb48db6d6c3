// The command as a person starts it, in a process of its own.
import { join } from 'node:path';
import { execa } from 'execa';
import { bundleHere } from '../../controller/setup/sources.mjs';

/** What `./autoresearch` starts: the bundle of these sources, which test/set-up.ts has made. Sources take four times as long. */
export const main: string = bundleHere();

/** What it is bundled from. */
export const sources = join(import.meta.dirname, '..', '..', 'controller', 'main.ts');

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `autoresearch` to its end. */
export function autoresearch(...args: string[]): Promise<Said> {
  return saidBy(main, args);
}

/** Runs this program of it, such as its bundle, to its end; `env` comes on top of ours. */
export async function saidBy(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Said> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [program, ...args], {
    env,
    reject: false,
  });
  return { code: exitCode ?? -1, out: stdout, err: stderr };
}

const PTY = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';

/** Starts it at a terminal of its own, whose keys are what is written to stdin. A signal that ended it is its negative number. */
export function startAtTerminal(...args: string[]) {
  const command = ['-c', PTY, process.execPath, main, ...args];
  return execa('python3', command, { reject: false, stripFinalNewline: false });
}

/** Runs it to its end with a terminal for stdout and stderr; `out` is what that is sent, with LF for CR LF. */
export async function atTerminal(...args: string[]): Promise<Said> {
  const started = startAtTerminal(...args);
  started.stdin.end();
  const { exitCode, stdout, stderr } = await started;
  return { code: exitCode ?? -1, out: stdout.replaceAll('\r\n', '\n'), err: stderr };
}

/** Starts it and leaves it running. */
export function start(...args: string[]) {
  return execa(process.execPath, [main, ...args], { reject: false });
}

/** Resolves once the stream has carried these words. */
export function heard(stream: NodeJS.ReadableStream, words: string): Promise<void> {
  let all = '';
  return new Promise((resolve) => {
    stream.on('data', (chunk) => {
      all += chunk;
      if (all.includes(words)) resolve();
    });
  });
}
