// What a proposer is shown. A request can be kept as JSON and replayed.

import { z } from 'zod';
import type { Status } from './core/decision.ts';
import type { IdeaKind, Source } from './core/experiment.ts';
import type { Idea } from './core/idea.ts';

/** One decided experiment as a proposer sees it. What the machine failed is left out: it says nothing about the idea (I6). */
export interface PastExperiment {
  readonly experiment: string;
  readonly description: string;
  readonly source: Source;
  readonly status: Status;
  readonly valBpb: number | null;
  /** Metric of the commit it was made on; `baseBpb - valBpb` is what the edit gained. */
  readonly baseBpb: number | null;
  readonly reason: string;
  readonly error: string;
  readonly hypothesis?: string;
  /** What kind of idea was asked for, where that was said. */
  readonly kind?: IdeaKind | undefined;
  /** The experiment whose commit it was made on; null where it is not known. */
  readonly parent?: string | null;
  readonly steps?: number | null;
  readonly memoryMb?: number;
}

/** What a person tried before this lane, elsewhere. It is memory, never evidence: its numbers compare with nothing here. */
export type ImportedExperiment = Readonly<z.infer<typeof importedSchema>['rows'][number]>;

/** `imported.json`, oldest first. */
export const importedSchema = z.object({
  rows: z.array(
    z.object({
      description: z.string(),
      status: z.enum(['keep', 'discard', 'crash']),
      valBpb: z.number().positive().nullable(),
    }),
  ),
});

/** Experiments that a history tells, at least; older ones only where they were kept. */
const HISTORY_TOLD = 800;
/** Its beginning moves by so many at once, so that what is cached of it stays for long. */
const HISTORY_STEP = 200;

/** The first of `count` experiments that a history tells whatever came of it. */
export function historyFrom(count: number): number {
  return Math.floor(Math.max(0, count - HISTORY_TOLD) / HISTORY_STEP) * HISTORY_STEP;
}

/** Of so many of the newest experiments it is told how their runs went. */
export const RUNS_TOLD = 6;

/** What the last attempt of an experiment did with its budget, as the supervisor measured it. */
export interface RunReport {
  readonly experiment: string;
  readonly steps: number | null;
  readonly trainingSeconds: number;
  readonly memoryMb: number;
  /** The GPU it had; `peakMb` is train.py's own word. Null without one. */
  readonly gpu: { readonly name: string; readonly totalMb: number; readonly peakMb: number | null } | null;
  /** What train.py printed of itself, where it did: utilisation in percent, millions of parameters and of tokens. */
  readonly printed: { readonly mfu: number; readonly paramsM: number; readonly tokensM: number } | null;
  /** The last training losses that it printed, oldest first. */
  readonly losses?: readonly number[];
}

/** Experiments too old to be told: how many of each status, and how many since the last that was kept. */
export interface Older extends Readonly<Record<Status, number>> {
  readonly since: number;
}

export const noneOlder: Older = { keep: 0, discard: 0, crash: 0, since: 0 };

/** What an experiment changed, as a unified diff. */
export interface ShownDiff {
  readonly experiment: string;
  readonly patch: string;
}

/** The state of the research for one request. */
export interface Brief {
  readonly lane: string;
  readonly seed: number;
  /** Id the next idea will get, as a number: with `seed` it fixes a deterministic proposer's choice. */
  readonly next: number;
  readonly program: string;
  readonly prepare: string;
  /** Frontier commit to edit, its metric and its train.py. */
  readonly tip: string;
  readonly tipBpb: number;
  readonly trainPy: string;
  readonly guidance: string;
  /** What is known of how far measurements scatter, in sentences; left out where nothing is. */
  readonly noise?: string;
  /** Decided, oldest first. */
  readonly past: readonly PastExperiment[];
  /** Of these only what was kept is in `past`, which begins with it; left out where none is too old. */
  readonly older?: Older;
  /** Descriptions of what is on trial now. */
  readonly open: readonly string[];
  /** What was answered before and waits for its turn. */
  readonly ready: readonly Idea[];
  /** sha256 of every train.py that is proposed no more: it was tried before, or is on trial. */
  readonly tried: Iterable<string> & { includes(sha256: string): boolean };
  /** Experiments that the machine failed: their files count as tried no more. */
  readonly inconclusive: readonly string[];
  /** How the newest runs went, oldest first; experiments where nothing was measured are left out. */
  readonly ran: readonly RunReport[];
  /** Oldest first; left out where a person imported nothing. */
  readonly imported?: readonly ImportedExperiment[];
  /** How the baseline's run went, and the tip's. */
  readonly landmarks?: readonly RunReport[];
  /** All files of the frontier, oldest first; the last is `trainPy`. */
  readonly keeps?: readonly { readonly experiment: string; readonly trainPy: string }[];
  /** Of the best near misses. */
  readonly diffs?: readonly ShownDiff[];
  /** Of training, by the lane's clock. */
  readonly budgetSeconds?: number;
}

export interface FixBrief {
  readonly experiment: string;
  readonly description: string;
  readonly trainPy: string;
  readonly reason: string;
  /** Last lines of the log: text from untrusted code. */
  readonly tail: string;
}
