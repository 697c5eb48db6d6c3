// What a proposer is shown, and what it answers with. All of it is plain data: a request can be kept as JSON and replayed.

import { z } from 'zod';
import type { Status } from './decision.ts';
import type { Source } from './experiment.ts';
import type { Cost } from './money.ts';

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
  /** Descriptions of what is on trial now. */
  readonly open: readonly string[];
  /** What was answered before and waits for its turn. */
  readonly ready: readonly Idea[];
  /** sha256 of every train.py that is proposed no more: it was tried before, or is on trial. */
  readonly tried: readonly string[];
  /** Experiments that the machine failed: their files count as tried no more. */
  readonly inconclusive: readonly string[];
  /** How the newest runs went, oldest first; experiments where nothing was measured are left out. */
  readonly ran: readonly RunReport[];
  /** Oldest first; left out where a person imported nothing. */
  readonly imported?: readonly ImportedExperiment[];
}

/** Why no more ideas come. `limit`: the lane's own cap; `unpaid`: the account's; `refused`: no model is willing. */
export type NoMoreIdeas = 'exhausted' | 'limit' | 'unpaid' | 'refused' | 'misconfigured';

/** An edit that has no id yet. */
export interface Idea {
  readonly description: string;
  readonly hypothesis: string;
  readonly source: Source;
  readonly base: string;
  readonly trainPy: string;
  readonly stackOf: readonly string[] | null;
  /** What asking for it came to, where that costs money. */
  readonly cost?: Cost | undefined;
}

export interface FixBrief {
  readonly experiment: string;
  readonly description: string;
  readonly trainPy: string;
  readonly reason: string;
  /** Last lines of the log: text from untrusted code. */
  readonly tail: string;
}
