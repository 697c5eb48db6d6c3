// Drafts for tests: a plausible keep, with whatever a test wants otherwise.
import { hash } from 'node:crypto';
import type { Draft } from '../../controller/core/decision.ts';

/** A keep of experiment 1 on no tip; `changes` win. */
export function draftLike(changes: Partial<Draft> = {}): Draft {
  return {
    experiment: '000001',
    status: 'keep',
    reason: 'better',
    sentence: '1.500000 is lower than the frontier.',
    description: 'double the batch',
    source: 'builtin',
    base: null,
    baseBpb: null,
    tip: null,
    valBpb: 1.5,
    unseenBpb: null,
    unseenParts: '',
    memoryMb: 120.5,
    trainSha256: 'f'.repeat(64),
    proposedSha256: 'f'.repeat(64),
    stackOf: null,
    attempts: 1,
    lastCause: 'first',
    error: '',
    sealed: 'landlock',
    trainingSeconds: 5.01,
    wallSeconds: 6.2,
    spentSeconds: 6.2,
    gpu: '',
    image: '',
    program: 'e'.repeat(64),
    seed: 7,
    conditions: '{}',
    timestampMs: 1_764_000_000_123,
    epoch: 1,
    seq: 1,
    ...changes,
  };
}

/** The keep of `trainPy` on `tip`, with the metric `valBpb`. */
export function keepOf(n: number, trainPy: string, tip: string | null, valBpb: number, epoch = 1): Draft {
  const sha = hash('sha256', trainPy);
  return draftLike({
    experiment: String(n).padStart(6, '0'),
    tip,
    base: tip,
    baseBpb: tip === null ? null : valBpb + 0.1,
    valBpb,
    trainSha256: sha,
    proposedSha256: sha,
    timestampMs: 1_764_000_000_123 + n * 60_000,
    epoch,
    seq: n + 1,
  });
}
