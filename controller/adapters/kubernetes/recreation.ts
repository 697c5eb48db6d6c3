// Jobs that ended, or were overtaken by a new configuration, before their supervisor started. They are made anew
// under the same name: what fails before the start uses up no attempt, and to the loop the run just goes on waiting.

import type { Run } from '../../core/run.ts';
import type { Intent } from '../../ports.ts';
import { doubling } from '../../std/backoff.ts';
import { type Job, ms } from './client/objects.ts';
import { annotation, label } from './manifest/names.ts';

const waitMs = doubling(10_000, 300_000);

interface Recreation {
  readonly intent: Intent;
  /** Nodes to stay away from where others will do. */
  readonly avoid: readonly string[];
  /** Who it is; what the loop is shown while there is no Job. */
  readonly run: Omit<Run, 'state'>;
  readonly sinceMs: number;
  readonly sentence: string;
  /** There is no Job now: it was deleted, and its successor has not been created yet. */
  readonly missing: boolean;
  readonly dueMs: number;
  readonly times: number;
}

export class JobRecreation {
  readonly #recreations = new Map<string, Recreation>();

  get(name: string): Recreation | undefined {
    return this.#recreations.get(name);
  }

  /** Those without a Job. */
  *missing(): Iterable<[name: string, owed: Recreation]> {
    for (const [name, recreation] of this.#recreations) if (recreation.missing) yield [name, recreation];
  }

  /** Notes that a Job shall be made anew: the first time at once, then after ever longer waits. */
  note(
    name: string,
    run: Recreation['run'],
    wanted: Pick<Recreation, 'intent' | 'avoid'>,
    sinceMs: number,
    sentence: string,
    nowMs: number,
  ): Recreation {
    const before = this.#recreations.get(name);
    if (before) return this.#set(name, { ...before, sentence });
    return this.#set(name, { ...wanted, run, sinceMs, sentence, missing: false, dueMs: nowMs, times: 0 });
  }

  deleted(name: string): Recreation {
    return this.#set(name, { ...this.#recreations.get(name)!, missing: true });
  }

  /** Nothing could be created; `sentence` says why. */
  blocked(name: string, sentence: string, nowMs: number): Recreation {
    const recreation = this.#recreations.get(name)!;
    return this.#set(name, { ...recreation, sentence, dueMs: nowMs + waitMs(0) });
  }

  created(name: string, nowMs: number): Recreation {
    const recreation = this.#recreations.get(name)!;
    const dueMs = nowMs + waitMs(recreation.times);
    return this.#set(name, { ...recreation, missing: false, times: recreation.times + 1, dueMs });
  }

  /** It started, or nobody wants it any more. */
  forget(name: string): void {
    this.#recreations.delete(name);
  }

  #set(name: string, recreation: Recreation): Recreation {
    this.#recreations.set(name, recreation);
    return recreation;
  }
}

/** Whether it was made from other settings than those of `sha`, by a controller before the one that began then; of two at a time only the younger one mends. */
export function isOutdated({ metadata, spec }: Job, sha: string, begunMs: number): boolean {
  if ((ms(metadata?.creationTimestamp) ?? 0) >= begunMs) return false;
  // What a person has suspended stays suspended.
  if (spec?.suspend && !metadata?.labels?.[label.queue]) return false;
  const made = metadata?.annotations?.[annotation.template];
  return made !== undefined && made !== sha;
}

/** The run as the loop sees it while it waits to be made anew. */
export function waitingRun({ run, sinceMs, sentence, dueMs }: Recreation, nowMs: number): Run {
  // A time of day, so that the sentence stays the same while it waits.
  const when =
    dueMs > nowMs
      ? `it is started again at ${new Date(dueMs).toISOString().slice(11, 19)} UTC`
      : 'it is started again';
  return { ...run, state: { kind: 'pending', sinceMs, sentence: `${sentence}; ${when}` } };
}

/** The run once its Job was made anew. */
export function recreatedRun({ sinceMs, sentence }: Recreation, run: Omit<Run, 'state'>): Run {
  return { ...run, state: { kind: 'pending', sinceMs, sentence: `${sentence}; it was started again` } };
}
