// The ports: the outside world, as narrow as the loop needs it. They are Store, Frontier, Executor, Proposer and Clock;
// two more belong to the proposer that asks a language model: the model in llm/model.ts, and the reader of a train.py in
// llm/static-checks.ts. Every adapter of Store, Frontier, Executor and Proposer passes the port's suite in test/contract.
//
// Times are milliseconds since the epoch and end in `Ms`; clocks of a run are seconds. A refusal that is expected is a
// value with a sentence for a person. What is thrown is trouble: the loop tells it, waits, and reads everything anew.

import type { Brief, FixBrief } from './brief.ts';
import type { Decision, Draft, Status } from './core/decision.ts';
import type { Clocks } from './core/experiment.ts';
import type { Idea, NoMoreIdeas } from './core/idea.ts';
import type { Run } from './core/run.ts';

export type { Ending, Run } from './core/run.ts';

/**
 * Durable objects under slash-separated keys (see `assertKey`; anything else throws). Writes are atomic: a reader sees
 * the old bytes or the new ones, and no folder is listed before an object is in it. What the disk or the network
 * refuses is thrown, with a sentence that ends with what to do.
 */
export interface Store {
  /** The bytes at `key`, or null where there are none. */
  get(key: string): Promise<Uint8Array | null>;
  /** Writes unless something is there. True: these bytes were written now. False: something was there already. */
  putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean>;
  /** Writes, replacing what is there. For views, what a person writes (control.json, imported.json), and lane.json before the baseline. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** The names directly under `prefix` (which ends in '/'), without it; folders end in '/'. Sorted. */
  list(prefix: string): Promise<string[]>;
}

/** An accepted commit: its decision, complete with sha, and its train.py. */
export interface AcceptedCommit {
  readonly decision: Decision;
  readonly trainPy: string;
}

/** What the frontier repository shows: all commits of the branch, oldest first, and who may write. */
export interface FrontierView {
  /** Empty before the baseline is kept. */
  readonly kept: readonly AcceptedCommit[];
  /** sha of the writer ref; null where nobody ever claimed it. */
  readonly writer: string | null;
  /** Whether no other controller moved it since this one last saw it, or wrote it; left out where this one never claimed. */
  readonly unmoved?: boolean;
  /** Why the branch cannot be trusted (a person's commit, rewritten history), or null. Ends with what to do. */
  readonly foreign: string | null;
}

/** The right to write, won by `claim`: every keep names it and moves it on. */
export interface Claim {
  readonly epoch: number;
  /** sha of the writer ref as this controller left it. */
  readonly writer: string;
}

/** `fenced`: another controller has claimed the lane, this one must stop. `moved`: the branch is not where it was. */
export type Keeping =
  | { kind: 'kept'; commit: string; claim: Claim }
  | { kind: 'fenced' | 'moved'; sentence: string };

/**
 * The git branch `autoresearch/<lane>`. A keep is one atomic compare-and-swap of branch and writer ref. A repository that
 * cannot be read or written is thrown, with what to do.
 */
export interface Frontier {
  view(): Promise<FrontierView>;
  /** Advances the writer ref: from then on an older controller can keep nothing. */
  claim(): Promise<Claim>;
  /**
   * Commits `trainPy` on `draft.tip` and pushes it, if branch and writer are still as expected. Trying the same keep
   * again after a lost answer gives the same answer. Throws where `trainPy` is not what `draft.trainSha256` names.
   */
  keep(draft: Draft, trainPy: string, claim: Claim): Promise<Keeping>;
  /** The sha that `keep` would give this draft; writes nothing. Throws where the repository lacks `draft.tip`. */
  sha(draft: Draft, trainPy: string): Promise<string>;
}

/** Text that no run was asked: this part of it is asked, too, where the number is below `beats`; null: whatever it is. */
interface UnseenQuestion {
  readonly part: number;
  readonly beats: number | null;
}

/** All that a run is started with; its sha256 names it, so a repeated launch is recognised. */
export interface Intent {
  readonly lane: string;
  readonly experiment: string;
  readonly attempt: number;
  /** The commit the edit was made on; null for the baseline. */
  readonly parent: string | null;
  readonly trainPy: string;
  readonly seed: number;
  readonly clocks: Clocks;
  readonly requireSealed: boolean;
  /** No part of its name: the frontier moves, and the same run may be launched once more after a restart. */
  readonly unseen?: UnseenQuestion | undefined;
}

/**
 * `conflict`: the name is taken by another intent. `held`: nothing was started and nothing used up; try later. `unfit`:
 * this train.py can never be started here, which is its own fault.
 */
export type Launched = { kind: 'launched' } | { kind: 'conflict' | 'held' | 'unfit'; sentence: string };

/** How the experiment of a run was decided. */
export interface RunEnd {
  readonly status: Status;
  readonly valBpb: number | null;
}

/**
 * Starts and ends runs, one per attempt; who they are is told by lane, experiment and attempt. What runs is the truth: a
 * controller that is new here learns everything from `list`. Throws where that cannot be known, for then nothing may be
 * called lost.
 */
export interface Executor {
  /** Every run of the lane that still exists, ended or not. */
  list(lane: string): Promise<Run[]>;
  /**
   * Starts the run, once: launching the same intent again changes nothing and answers `launched`. `avoid`: the nodes
   * that lost earlier attempts; others are preferred where there are any.
   */
  launch(intent: Intent, avoid?: readonly string[]): Promise<Launched>;
  /**
   * The run's log, or its last `tailBytes`; null where it is gone. The whole one may take minutes where a machine does not
   * answer, until `signal` aborts; then it rejects.
   */
  log(run: Run, tailBytes?: number, signal?: AbortSignal): Promise<Uint8Array | null>;
  /** Kills what still runs and removes the run; removing what is gone is not an error. `end`: for people who look. */
  remove(run: Run, end?: RunEnd): Promise<void>;
}

/**
 * Ideas, or why there are none now (`sentence`), and whether asking again later can help: after `afterMs`, where the
 * proposer knows how much later. Where it cannot, `why` says what ended it; without it, there is none left.
 */
export type Proposed =
  | { kind: 'ideas'; ideas: Idea[] }
  | { kind: 'none'; sentence: string; retry: boolean; afterMs?: number; why?: NoMoreIdeas };

/**
 * Where ideas come from. A brief is plain data, and a proposer may be asked for the same again after a restart. Rejects
 * when `signal` aborts. Having no idea is a value; what is thrown costs a pause, and no experiment.
 */
export interface Proposer {
  /**
   * At most `count` ideas for the tip in `brief`. One that is handed over to `here`, as soon as it is there, is not among
   * those that are returned. Several requests may be under way.
   */
  propose(brief: Brief, count: number, signal: AbortSignal, here?: (idea: Idea) => void): Promise<Proposed>;
  /** One repair of a trivially crashed train.py, or null where it has none to offer. */
  fix(brief: FixBrief, signal: AbortSignal): Promise<string | null>;
}

/** The time of the machine, which may be set while the loop waits. Neither method throws. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
