// One experiment as its objects in the store tell it: decided, or on trial with the attempts that it had.
import { type Decision, decisionSchema } from '../../core/decision.ts';
import { BASELINE, type Proposal, proposalSchema } from '../../core/experiment.ts';
import { keys } from '../../core/keys.ts';
import { type AttemptResult, attemptResultSchema } from '../../core/verdict.ts';
import type { Store } from '../../ports.ts';
import { codeOf } from '../../std/errno.ts';
import { decode } from '../../std/json.ts';
import { text } from '../../std/text.ts';

type Stored =
  | { readonly kind: 'decided'; readonly decision: Decision }
  | {
      readonly kind: 'open';
      readonly proposal: Proposal;
      readonly results: readonly AttemptResult[];
      /** train.py of the last attempt that has one. */
      readonly current: string;
      /** The repaired file of the next attempt, where it is there. */
      readonly repaired: string | null;
    };

/** Something that is stored cannot be understood: a crash of the machine or a hand spoiled it. It ends with what to do. */
class Damaged extends Error {
  constructor(what: string, fix: string, cause?: unknown) {
    super(`${what}; ${fix}`, { cause });
  }
}

/** Of an experiment that was made on a commit that nobody has. */
export function noCommit(commit: string): Error {
  return new Damaged(`the frontier has no commit ${commit}`, 'give the store that belongs to this frontier');
}

/** Who is told of what is damaged. */
export type Teller = (sentence: string) => void;

/** What a file system says of one file that it does not give. */
const OF_ONE_FILE = ['EACCES', 'EPERM', 'EIO'];

/** Where somebody is told, what is damaged or not given is as nothing; all else is thrown again. */
export function orTell(told: Teller | undefined): (error: unknown) => null {
  return (error) => {
    if (!told || !(error instanceof Damaged || OF_ONE_FILE.includes(codeOf(error)))) throw error;
    told((error as Error).message);
    return null;
  };
}

function understood<T>(schema: { parse(value: unknown): T }, bytes: Uint8Array, key: string, fix: string): T {
  try {
    return schema.parse(decode(bytes));
  } catch (cause) {
    throw new Damaged(`${key} in the store cannot be read`, fix, cause);
  }
}

const GIVEN_UP = 'restore it from a copy, or remove its folder, and the idea is given up';

/** Null where there is nothing of it. Throws Damaged where an object is there but cannot be understood. */
export async function readExperiment(lane: string, store: Store, id: string): Promise<Stored | null> {
  const record = await store.get(keys.record(lane, id));
  const decision =
    record &&
    understood(decisionSchema, record, keys.record(lane, id), 'delete it, and the experiment is judged anew');
  // Earlier releases recorded that a baseline failed, which is no end of a lane.
  if (decision && !(id === BASELINE && decision.status === 'crash')) return { kind: 'decided', decision };
  const bytes = await store.get(keys.proposal(lane, id));
  if (!bytes) return null;
  const proposal = understood(proposalSchema, bytes, keys.proposal(lane, id), GIVEN_UP);
  const results: AttemptResult[] = [];
  let current = proposal.trainPy;
  for (let n = 1; ; n++) {
    const trainPy = await store.get(keys.attempt(lane, id, n, 'train.py'));
    const result = await store.get(keys.attempt(lane, id, n, 'result.json'));
    if (!result) {
      const repaired = trainPy && n > 1 ? text(trainPy) : null;
      return { kind: 'open', proposal, results, current, repaired };
    }
    const key = keys.attempt(lane, id, n, 'result.json');
    results.push(
      understood(attemptResultSchema, result, key, 'delete it, and the attempt is measured again'),
    );
    if (trainPy) current = text(trainPy);
  }
}
