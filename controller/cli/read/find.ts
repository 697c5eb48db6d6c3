// The experiments that a person names, and what the store has of one.
import { join } from 'node:path';
import type { ZodType } from 'zod';
import { type Proposal, proposalSchema } from '../../core/experiment.ts';
import { keys } from '../../core/keys.ts';
import { type AttemptResult, attemptResultSchema } from '../../core/verdict.ts';
import { Failure } from '../../failure.ts';
import { spendsOf } from '../../llm/spend-log.ts';
import { parse } from '../../std/json.ts';
import { attemptView } from '../../views/attempt.ts';
import { usdIn } from '../../views/cost.ts';
import { type ExperimentView, experimentView, type OpenView, openView } from '../../views/experiment.ts';
import { named } from '../../views/names.ts';
import type { LaneReader } from '../../wiring/lane-reader.ts';
import { talk } from '../terminal/terminal.ts';

/** So many things that are wrong are told one by one. */
const TOLD = 5;

/** Says what of the lane cannot be trusted or read: what is shown is the rest. */
export function tellDamaged({ view, damaged }: LaneReader): void {
  if (view.foreign) talk(view.foreign);
  for (const sentence of damaged.slice(0, TOLD)) talk(sentence);
  if (damaged.length > TOLD) talk(`${damaged.length - TOLD} more cannot be read`);
}

/** Ids in their order. Throws Failure 1 where `which` names none. */
export function find({ ledger }: LaneReader, which: string): readonly string[] {
  const found = named(which, ledger.decisions, [...ledger.open.keys()], ledger.tip?.commit ?? null);
  if (found.kind === 'refused') throw new Failure(1, found.sentence);
  return found.experiments;
}

/** Where one is wanted. Throws Failure 1 or 2 where `which` names none or several. */
export function findOne(reader: LaneReader, which: string): string {
  const [first, another] = find(reader, which);
  if (another) throw new Failure(2, `${which} names several experiments; give one, such as ${first}`);
  return first!;
}

/** Its attempts so far, one that is under way counted. */
export function attemptsOf({ ledger }: LaneReader, experiment: string): number {
  const open = ledger.open.get(experiment);
  if (open) return open.results.length + 1;
  return ledger.decisions.find((d) => d.experiment === experiment)!.attempts;
}

/** Null where it is gone or damaged, which is said: all else of the experiment is told. */
async function proposalOf({ store, lane }: LaneReader, experiment: string): Promise<Proposal | null> {
  return readable(store.get(keys.proposal(lane, experiment)), proposalSchema, `proposal of ${experiment}`);
}

/** What became of its attempt n; null likewise. */
function attemptOf(
  { store, lane }: LaneReader,
  experiment: string,
  n: number,
): Promise<AttemptResult | null> {
  const bytes = store.get(keys.attempt(lane, experiment, n, 'result.json'));
  return readable(bytes, attemptResultSchema, `result of ${experiment}/${n}`);
}

async function readable<T>(
  reading: Promise<Uint8Array | null>,
  schema: ZodType<T>,
  what: string,
): Promise<T | null> {
  try {
    const bytes = await reading;
    return bytes && parse(schema, bytes, what);
  } catch (error) {
    talk((error as Error).message);
    return null;
  }
}

export async function viewOf(reader: LaneReader, experiment: string): Promise<ExperimentView | OpenView> {
  const { ledger, store, lane } = reader;
  const attempts = attemptsOf(reader, experiment);
  const open = ledger.open.get(experiment);
  const repaired = open || attempts > 1 ? await spendsOf(store, lane, talk) : [];
  const fixUsd = usdIn(repaired.filter((spend) => spend.experiment === experiment));
  if (open) return openView(open, fixUsd);
  const decision = ledger.decisions.find((d) => d.experiment === experiment)!;
  const tried = Array.from({ length: attempts }, (_, i) => attemptOf(reader, experiment, i + 1));
  return experimentView(
    decision,
    await proposalOf(reader, experiment),
    fixUsd,
    (await Promise.all(tried)).filter((one) => one !== null).map(attemptView),
  );
}

/** A file of its last attempt. Throws Failure 1 where it is not there. */
export async function stored(
  reader: LaneReader,
  experiment: string,
  file: 'diff.patch' | 'run.log' | 'train.py',
): Promise<Uint8Array> {
  const { store, lane } = reader;
  const attempts = attemptsOf(reader, experiment);
  const bytes = await store.get(keys.attempt(lane, experiment, attempts, file));
  if (bytes) return bytes;
  if (file === 'diff.patch' && experiment === '000000')
    throw new Failure(1, 'the baseline has no diff; see --train-py');
  const key = join(lane, 'experiments', experiment, String(attempts), file);
  throw new Failure(1, `${key} is not in the store; result.json beside it says why`);
}
