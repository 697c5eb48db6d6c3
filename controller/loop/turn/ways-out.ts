// What a run has not got, or may not do where it is confined: Python's words for it name no way out, so a row does.
import type { Outcome } from '../../core/outcome.ts';

/** By the name of the exception, and the code that raised it. */
const WAYS_OUT: readonly { raised: RegExp; from: RegExp; fix: string }[] = [
  {
    raised: /^(?:PermissionError|OSError)$/,
    from: /\/multiprocessing\//,
    fix: 'a run may share no memory with other processes; load data in its own, or in threads',
  },
  {
    raised: /^PermissionError$/,
    from: /./,
    fix: 'a run is confined: it reads its text and writes its own folder',
  },
  {
    raised: /^ModuleNotFoundError$/,
    from: /./,
    fix: "only train.py travels; import what the trainer's environment has",
  },
];

/** The outcome with the way out behind its sentence, where there is one. */
export function withWayOut(outcome: Outcome): Outcome {
  const [, raised = ''] = /^(\w+)(?: at line \d+ of train\.py)?: /.exec(outcome.sentence) ?? [];
  const from = [...outcome.tail.matchAll(/^ {2}File "([^"]*)", line \d+/gm)].at(-1)?.[1] ?? '';
  const way = WAYS_OUT.find((one) => one.raised.test(raised) && one.from.test(from));
  if (outcome.kind !== 'crashed' || !way) return outcome;
  return { ...outcome, sentence: `${outcome.sentence}; ${way.fix}`.slice(0, 500) };
}
