// The exit code of a command that ran lanes, by why they stopped.
import type { ExitCode } from '../failure.ts';
import type { Stop } from '../loop/context.ts';

/** 0 done, 1 it could not be done, 3 something that must hold before does not, 130 interrupted: see docs/cli.md. */
const CODES: Readonly<Record<Stop['reason'], ExitCode>> = {
  limit: 0,
  exhausted: 0,
  baseline: 1,
  refused: 1,
  unpaid: 3,
  misconfigured: 3,
  conditions: 3,
  fenced: 3,
  foreign: 3,
  machine: 3,
  asked: 130,
};

export function exitCodeOf({ reason }: Stop): ExitCode {
  return CODES[reason];
}
