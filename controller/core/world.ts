// What the loop knows when it decides. Rebuilt from frontier, records and runs at every start; nothing else is the truth.

import type { Control } from './control.ts';
import type { Lane, Proposal } from './experiment.ts';
import type { Idea, NoMoreIdeas } from './idea.ts';
import type { Run } from './run.ts';
import type { AttemptResult, Tip, Verdict } from './verdict.ts';

/** An experiment that has an id and no verdict yet. */
export interface OpenExperiment {
  readonly proposal: Proposal;
  readonly proposedSha256: string;
  /** Metric of the proposal's base; null for the baseline. */
  readonly baseBpb: number | null;
  /** The same on the lane's own seed, where others decided. */
  readonly baseScreen?: number | undefined;
  /** Attempts with a durable outcome, in order from 1. */
  readonly results: readonly AttemptResult[];
  /** So many of them decide nothing any more: they are of a baseline that an earlier start failed to bring. */
  readonly forgiven: number;
  /** The repaired file stored for the next attempt, where `fix()` returned one. */
  readonly repaired: string | null;
  readonly unfixable: boolean;
  /** train.py of the last attempt that was launched or stored. */
  readonly current: string;
}

export interface World {
  readonly lane: Lane;
  readonly control: Control;
  /** Null before the baseline is kept. */
  readonly tip: Tip | null;
  /** How many decisions are durable; rows published so far. */
  readonly decided: number;
  readonly published: number;
  /** The views are let be until then: they are written whole, and grow. */
  readonly publishAfterMs: number;
  /** Whether an experiment may end so now: where the machine loses all of them it may not. */
  readonly mayEnd?: (verdict: Verdict) => boolean;
  /** Why there is no baseline. */
  readonly baselineFailed: string | null;
  readonly open: readonly OpenExperiment[];
  readonly runs: readonly Run[];
  /** `experiment/attempt` seen running before and gone now. */
  readonly vanished: ReadonlySet<string>;
  /** Experiments whose verdict is durable. */
  /** By attempt: runs that could not be removed a moment ago; left out where there are none. */
  readonly unremovable?: ReadonlySet<string>;
  readonly settled: ReadonlySet<string>;
  /** Experiments whose owed gains ride together next, in one `stack` proposal each; the last ones have been tried in none. */
  readonly stacks: readonly (readonly string[])[];
  /** Under evidence, experiments whose gains promise too little together: they wait for more, or for the last train. */
  readonly boarding?: readonly string[];
  readonly queue: readonly Idea[];
  /** Ideas that are asked for; how many more may be, beside them; repairs under way, by experiment. */
  readonly asking: number;
  readonly askable: number;
  readonly fixing: ReadonlySet<string>;
  /** An idea that is asked for may be here before then: a free slot waits for it, and so does all tidying up. */
  readonly tidyAfterMs: number;
  /** Nothing is asked of the proposer, nothing launched, before these times. */
  readonly askAfterMs: number;
  readonly launchAfterMs: number;
  /** The proposer said that it will have no more. */
  readonly exhausted: { readonly reason: NoMoreIdeas; readonly sentence: string } | null;
  /** Conditions are no longer the lane's: says what differs, and what to do. */
  readonly conditionsChanged: string | null;
  readonly spentSeconds: number;
  readonly spentUsd: number;
  readonly nextId: number;
  /** The person at the keyboard asked to end: nothing new is started. */
  readonly stopping: boolean;
}

/** `000042/1`. */
export function attemptKey(experiment: string, attempt: number): string {
  return `${experiment}/${attempt}`;
}

/** The attempt that an open experiment has under way or needs next. */
export function nextKey({ proposal, results }: OpenExperiment): string {
  return attemptKey(proposal.experiment, results.length + 1);
}
