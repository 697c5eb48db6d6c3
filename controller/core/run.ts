// What the executor shows of an attempt.

/** How a run ended, as far as the executor can tell. */
export interface Ending {
  /** The supervisor's JSON as text, unparsed; null where it left none. */
  readonly sealed: string | null;
  /** A word where the machine is to blame or the platform knows better (gone, evicted, deadline, oom, …), else ''. */
  readonly word: string;
  readonly sentence: string;
  readonly atMs: number;
  /** At most so long its container ran; left out where nobody knows. */
  readonly ranSeconds?: number;
}

/** A run of an attempt: a process tree on a laptop, a Job on a cluster. */
export interface Run {
  readonly lane: string;
  readonly experiment: string;
  readonly attempt: number;
  /** sha256 of its intent. */
  readonly intent: string;
  /** Drawn by the executor at creation, known to the supervisor only; a result without it is not this run's. */
  readonly nonce: string;
  readonly node: string;
  readonly image: string;
  readonly state:
    | { readonly kind: 'pending'; readonly sinceMs: number; readonly sentence: string }
    /** `placedMs`: when it got its node; left out where nobody knows. */
    | {
        readonly kind: 'running';
        readonly sinceMs: number;
        readonly phase: string;
        readonly placedMs?: number;
      }
    /** `occupiesSlot`: how it ended is known, but it is not put away yet; false: the next one need not wait for its slot. */
    | { readonly kind: 'ended'; readonly ending: Ending; readonly occupiesSlot?: boolean };
}

/** Its slot is not free yet, and there is no other. */
export function occupiesSlot({ state }: Run): boolean {
  return state.kind === 'ended' && state.occupiesSlot === true;
}

/** It is being put away: removed now, it would not be there to be looked at, or would be counted no more. */
export function isBeingRemoved({ state }: Run): boolean {
  return state.kind === 'ended' && state.occupiesSlot !== undefined;
}
