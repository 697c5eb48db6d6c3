// All that one lane is run with.

import type { Decision } from '../core/decision.ts';
import type { Lane } from '../core/experiment.ts';
import type { NoMoreIdeas } from '../core/idea.ts';
import type { Clock, Executor, Frontier, Proposer, Store } from '../ports.ts';
import type { FlowSetting } from './idea-flow.ts';
import type { Observer } from './observer.ts';
import type { NodeFaults } from './turn/node-faults.ts';

export interface LanePorts {
  readonly lane: Lane;
  readonly store: Store;
  readonly frontier: Frontier;
  readonly executor: Executor;
  readonly clock: Clock;
}

/** What a lane begins with, and what its proposer is shown. */
export interface LaneInputs {
  /** The unmodified train.py of experiment 0. */
  readonly trainPy: string;
  readonly prepare: string;
  /** program.md, read anew for each request: a person may edit it while the lane runs. */
  program(): Promise<string>;
  /** What is known of how far measurements scatter, and of the gain of the commit `tip`; '' where nothing is. */
  noise?(tip: string, decisions: readonly Decision[]): Promise<string>;
  /** Conditions of the runs to come, as far as they are known before: a lane of other ones stops before it spends any. */
  readonly conditions?: string;
}

export interface LaneContext extends LanePorts {
  readonly proposer: Proposer;
  /** Of a proposer that takes its time. Without it there is one request at a time, as far ahead as the lane says. */
  readonly flow?: FlowSetting | undefined;
  readonly inputs: LaneInputs;
  /** Makes it durable what the lane was begun with; `kept`: it has its baseline, so nothing of that changes any more. */
  readonly remember?: (kept: boolean) => Promise<void>;
  readonly observer: Observer;
  /** Where runs may go to several nodes: which of them fail, over all lanes. */
  readonly nodes?: NodeFaults | undefined;
  /** Rewrites results.tsv and the picture from all decisions, in order; gives the milliseconds to let them be then. */
  readonly publish: (decisions: readonly Decision[]) => Promise<number>;
  /** Dollars of proposals that are spent or reserved, as the store tells. */
  readonly spentUsd: () => Promise<number>;
  /** After so many waits for a machine that loses every run, nobody waits any longer; for ever where it is left out. */
  readonly patience?: number;
  /** How long to wait for a wake-up before looking again. */
  readonly pollMs: number;
}

export interface Stop {
  readonly reason: 'baseline' | 'conditions' | 'asked' | 'fenced' | 'foreign' | 'machine' | NoMoreIdeas;
  readonly sentence: string;
}

/** As it was asked to, or for want of anything to do; all else waits for a person. */
export function endsWell({ reason }: Stop): boolean {
  return reason === 'limit' || reason === 'exhausted' || reason === 'asked';
}

/** Whether it only lacks ideas, or the leave to try them: a person's hand may bring either. */
export function isIdle({ reason }: Stop): boolean {
  return IDLE.includes(reason);
}

const IDLE: readonly Stop['reason'][] = ['limit', 'exhausted', 'unpaid', 'refused', 'misconfigured'];
