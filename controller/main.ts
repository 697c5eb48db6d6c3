// The command's beginning and end: the only place that turns what went wrong into words and an exit code.
import { CommanderError } from 'commander';
import { Failure } from './cli/failure.ts';
import { program } from './cli/program.ts';

try {
  await program().parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error);
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Failure) {
    if (error.message) process.stderr.write(`autoresearch: ${error.message}\n`);
    return error.code;
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  process.stderr.write(`autoresearch: ${message}\n`);
  if (process.env.AUTORESEARCH_DEBUG) process.stderr.write(`${stack}\n`);
  else process.stderr.write('Set AUTORESEARCH_DEBUG=1 to see where it happened.\n');
  return 1;
}
