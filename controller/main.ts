// The command's beginning and end: the only place that turns what went wrong into words and an exit code.
import { CommanderError } from 'commander';
import { UnusableDirectory } from './adapters/directory/errors.ts';
import { program } from './cli/program.ts';
import { talk } from './cli/terminal/terminal.ts';
import { leadThroughProxies, variable } from './environment.ts';
import { Failure } from './failure.ts';
import { refusal } from './std/errno.ts';

// Who closes the pipe has read enough, as head does.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') process.exit(0);
  talk(`autoresearch: what it prints cannot be written (${code}); free some space, or send it elsewhere`);
  process.exit(3);
});
// Where words cannot be told, what is done goes on.
process.stderr.on('error', () => {});

// Whatever the shell says, nobody else may change what a lane is made of: at level uid a run is somebody else.
process.umask(process.umask() | 0o002);

try {
  leadThroughProxies();
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
  const unusable = error instanceof UnusableDirectory ? error.message : refusal(error);
  if (unusable) {
    talk(`autoresearch: ${unusable}`);
    return 3;
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  talk(`autoresearch: ${message}`);
  if (variable('AUTORESEARCH_DEBUG')) talk(`${stack}`);
  else talk('Set AUTORESEARCH_DEBUG=1 to see where it happened.');
  return 1;
}
