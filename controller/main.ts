// The command's beginning and end: the only place that turns what went wrong into words and an exit code.
import { CommanderError } from 'commander';
import { program } from './cli/program.ts';
import { talk } from './cli/terminal.ts';
import { Failure } from './failure.ts';

/** What a person can do about what the file system says. */
const remedies: Record<string, string> = {
  EACCES: 'make it yours, or choose another folder with --dir',
  EPERM: 'make it yours, or choose another folder with --dir',
  EROFS: 'it is read-only: choose another folder with --dir',
  ENOSPC: 'the disk is full: free some space, or choose another folder with --dir',
  EDQUOT: 'the quota is used up: free some space, or choose another folder with --dir',
  EEXIST: 'a file is where a folder should be: choose another folder with --dir',
  ENOTDIR: 'a file is where a folder should be: choose another folder with --dir',
};

try {
  await program().parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error);
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Failure) {
    if (error.message) talk(`autoresearch: ${error.message}`);
    return error.code;
  }
  const fix = remedies[(error as NodeJS.ErrnoException)?.code ?? ''];
  if (fix) {
    const { code, path } = error as NodeJS.ErrnoException;
    talk(`autoresearch: ${path ?? 'a file'} cannot be used (${code}); ${fix}`);
    return 3;
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  talk(`autoresearch: ${message}`);
  if (process.env.AUTORESEARCH_DEBUG) talk(`${stack}`);
  else talk('Set AUTORESEARCH_DEBUG=1 to see where it happened.');
  return 1;
}
