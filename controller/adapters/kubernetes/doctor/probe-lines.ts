// What `supervise.py --probe` says of a machine, as checks: one line each, of the form `what: answer`.
import type { Check } from '../../../std/check.ts';

interface Needs {
  /** Runs are to have a GPU: what its trainer cannot do there fails. Else it is a warning. */
  readonly gpu: boolean;
  /** Runs are to be confined: where nothing confines them the check fails. */
  readonly confined: boolean;
}

export function probeChecks(check: string, said: string, needs: Needs): Check[] {
  return said
    .split('\n')
    .filter((line) => line.includes(': '))
    .map((line) => ({ check, ...judged(line, needs) }));
}

function judged(line: string, { gpu, confined }: Needs): Omit<Check, 'check'> {
  if (confined && line.startsWith('best confinement: none')) {
    const fix = 'use nodes with Linux 6.2 or later and Landlock, or set requireSealed: false';
    return { result: 'fail', found: line, fix };
  }
  if (line.startsWith('network: open')) {
    const fix = 'use a network plugin that enforces NetworkPolicy; train.py itself is filtered in any case';
    return { result: 'warn', found: line, fix };
  }
  if (!/^train\.py can .*?: no\b/.test(line)) return { result: 'ok', found: line, fix: '' };
  // The supervisor ends a `no` with what to do.
  const [, found, fix] = /^(.*); (.*?)$/.exec(line) ?? [line, line, 'report this line'];
  return { result: gpu ? 'fail' : 'warn', found: found!, fix: fix! };
}
