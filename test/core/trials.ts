// Trials for tests of the heart: attempts with outcomes, open experiments and worlds, with whatever a test wants otherwise.

import { conditionsOf } from '../../controller/core/conditions.ts';
import { noControl } from '../../controller/core/control.ts';
import type { Action } from '../../controller/core/decide.ts';
import type { Lane, Proposal } from '../../controller/core/experiment.ts';
import type { Idea } from '../../controller/core/idea.ts';
import type { Outcome, SealedResult } from '../../controller/core/outcome.ts';
import type { Run } from '../../controller/core/run.ts';
import type { AttemptResult, Tip } from '../../controller/core/verdict.ts';
import type { OpenExperiment, World } from '../../controller/core/world.ts';

export const TIP = '1'.repeat(40);

export const lane: Lane = {
  name: 'main',
  width: 1,
  seed: 7,
  clocks: { budgetSeconds: 300, startSeconds: 600, wallSeconds: 600 },
  confirm: 0,
  requireSealed: false,
  ahead: 0,
  limits: { experiments: null, gpuHours: null, usd: null },
};

const sealed: SealedResult = {
  schema: 1,
  nonce: '0'.repeat(32),
  status: 'finished',
  reason: '',
  sentence: '',
  exit_code: 0,
  signal: null,
  val_bpb: 1,
  start_seconds: 1,
  training_seconds: 300,
  wall_seconds: 310,
  memory_mb: 100,
  steps: 10,
  train_sha256: 'a'.repeat(64),
  prepare_sha256: 'b'.repeat(64),
  supervise_sha256: 'c'.repeat(64),
  data_sha256: 'd'.repeat(64),
  gpu: 'card',
  log_bytes: 1,
  log_sha256: 'e'.repeat(64),
  sealed: 'landlock',
};

export const CONDITIONS = conditionsOf(sealed, 'image', lane.clocks.budgetSeconds);

const outcome: Outcome = {
  kind: 'finished',
  reason: '',
  sentence: '',
  trivial: false,
  sealed,
  printedBpb: null,
  tail: '',
  logNote: '',
  node: 'here',
  image: 'image',
  endedMs: 1000,
};

type End = Partial<Omit<Outcome, 'sealed'>>;

/** Attempts in order, numbered from 1; the causes are what `causeAfter` would say. */
export function attempts(...outcomes: Outcome[]): AttemptResult[] {
  return outcomes.map((o, i) => ({
    n: i + 1,
    cause: 'first',
    seed: 7,
    trainSha256: 'a'.repeat(64),
    outcome: o,
  }));
}

export function finished(valBpb: number, also: Partial<SealedResult> = {}, end: End = {}): Outcome {
  return { ...outcome, sealed: { ...sealed, val_bpb: valBpb, ...also }, ...end };
}

export function crashed(reason: string, trivial = false, end: End = {}): Outcome {
  const word = { ...sealed, status: 'crashed' as const, val_bpb: null };
  return { ...outcome, kind: 'crashed', reason, sentence: `it was ${reason}`, trivial, sealed: word, ...end };
}

export function lost(reason: string, end: End = {}, word: SealedResult | null = null): Outcome {
  return { ...outcome, kind: 'lost', reason, sentence: `it is ${reason}`, sealed: word, ...end };
}

export function standing(bpb: number, kept: readonly string[] = [], withdrawn: readonly string[] = []): Tip {
  const files = { kept: new Set(kept), file: kept.at(-1) ?? '', withdrawn: new Set(withdrawn) };
  return { commit: TIP, bpb, conditions: CONDITIONS, ...files };
}

export function openWith(
  experiment: string,
  results: readonly AttemptResult[] = [],
  also: Partial<OpenExperiment> = {},
): OpenExperiment {
  const baseline = experiment === '000000';
  const proposal: Proposal = {
    experiment,
    description: `idea ${experiment}`,
    hypothesis: '',
    source: 'builtin',
    base: baseline ? null : TIP,
    trainPy: `x = ${experiment}\n`,
    program: '',
    stackOf: null,
    createdMs: 0,
  };
  return {
    proposal,
    proposedSha256: 'a'.repeat(64),
    baseBpb: baseline ? null : 1,
    results,
    forgiven: 0,
    repaired: null,
    unfixable: false,
    current: proposal.trainPy,
    ...also,
  };
}

export function run(experiment: string, attempt: number, kind: 'pending' | 'running' | 'ended'): Run {
  const states = {
    pending: { kind: 'pending', sinceMs: 0, sentence: '' },
    running: { kind: 'running', sinceMs: 0, phase: '' },
    ended: { kind: 'ended', ending: { sealed: null, word: 'gone', sentence: '', atMs: 0 } },
  } as const;
  const rest = { lane: 'main', intent: '', nonce: '', node: 'here', image: 'image' };
  return { ...rest, experiment, attempt, state: states[kind] };
}

export function idea(trainPy = 'x = 2\n'): Idea {
  return { description: 'an idea', hypothesis: '', source: 'builtin', base: TIP, trainPy, stackOf: null };
}

/** A lane past its baseline with nothing to do but to ask for ideas. */
export function world(also: Omit<Partial<World>, 'lane'> & { lane?: Partial<Lane> } = {}): World {
  return {
    control: noControl,
    tip: standing(1),
    decided: 1,
    published: 1,
    baselineFailed: null,
    open: [],
    runs: [],
    vanished: new Set(),
    settled: new Set(['000000']),
    stacks: [],
    queue: [],
    asking: 0,
    askable: Number.POSITIVE_INFINITY,
    fixing: new Set(),
    tidyAfterMs: 0,
    askAfterMs: 0,
    launchAfterMs: 0,
    publishAfterMs: 0,
    exhausted: null,
    conditionsChanged: null,
    spentSeconds: 310,
    spentUsd: 0,
    nextId: 1,
    stopping: false,
    ...also,
    lane: { ...lane, ...also.lane },
  };
}

/** `launch 000001/1 first`: an action in words. */
export function inWords(action: Action): string {
  switch (action.kind) {
    case 'collect':
    case 'remove':
      return `${action.kind} ${action.run.experiment}/${action.run.attempt}`;
    case 'lose':
      return `lose ${action.open.proposal.experiment}/${action.attempt} ${action.reason}`;
    case 'settle':
      return `settle ${action.open.proposal.experiment} ${action.verdict.status}`;
    case 'fix':
      return `fix ${action.open.proposal.experiment}`;
    case 'launch':
      return `launch ${action.open.proposal.experiment}/${action.attempt.n} ${action.attempt.cause}`;
    case 'stack':
      return `stack ${action.units.join(' ')}`;
    case 'allocate':
      return `allocate ${action.idea ? 'idea' : 'baseline'}`;
    case 'propose':
      return `propose ${action.count}`;
    case 'publish':
      return 'publish';
    case 'stop':
      return `stop ${action.reason}`;
  }
}
