// What decisions say about ideas. What the machine did is no evidence (I6): it neither tells a proposer anything nor
// bars the file from being measured after all.
import { KeysSoFar } from '../std/keys-so-far.ts';
import type { Decision } from './decision.ts';

/** Experiments in which the machine may fail one file before it is proposed no more: it may be what the file does to it. */
const FAILED_AT_MOST = 2;

type Judged = Pick<
  Decision,
  'experiment' | 'status' | 'reason' | 'error' | 'sealed' | 'trainSha256' | 'proposedSha256'
>;

/** Whether it says anything about its idea: not where the machine lost it, was another one, or could not seal it. */
export function isEvidence({ status, reason, error, sealed }: Omit<Judged, 'experiment'>): boolean {
  if (status === 'discard') return reason !== 'conditions';
  // An exception may have any name, but a train.py that raised one under a seal did that itself.
  return !error.startsWith('lost:') && !(error === 'unsealed' && sealed === 'none');
}

/** Which files decisions have measured, by the sha256 of a train.py. */
export class Evidence {
  readonly #measured = new Set<string>();
  /** By file: the experiments in which the machine failed it. */
  readonly #failed = new Map<string, string[]>();
  /** Every file that is proposed no more, by how many there were before it: what is in here once stays. */
  readonly #barred = new Map<string, number>();

  add(decision: Judged): void {
    const { experiment, trainSha256, proposedSha256 } = decision;
    // Only what crashed was repaired: of the file as it was proposed that much is known.
    const files = [...new Set([trainSha256, proposedSha256])].filter((file) => !this.bars(file));
    if (isEvidence(decision) || trainSha256 !== proposedSha256) this.#measured.add(proposedSha256);
    if (isEvidence(decision)) this.#measured.add(trainSha256);
    else this.#failed.set(trainSha256, [...(this.#failed.get(trainSha256) ?? []), experiment]);
    for (const file of files) if (this.bars(file)) this.#barred.set(file, this.#barred.size);
  }

  measured(trainSha256: string): boolean {
    return this.#measured.has(trainSha256);
  }

  /** Whether it is proposed no more: it was measured, or the machine failed it too often. */
  bars(trainSha256: string): boolean {
    return this.measured(trainSha256) || (this.#failed.get(trainSha256)?.length ?? 0) >= FAILED_AT_MOST;
  }

  /** What is proposed no more as it stands now, with `also`. */
  barred(also: readonly string[]): KeysSoFar {
    return new KeysSoFar(this.#barred, new Set(also));
  }

  /** Experiments that bar nothing: the machine failed them, and their files may be proposed again. */
  get inconclusive(): string[] {
    return [...this.#failed].flatMap(([file, experiments]) => (this.bars(file) ? [] : experiments));
  }
}
