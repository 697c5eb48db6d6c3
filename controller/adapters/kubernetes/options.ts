// What an executor is opened with.
import type { Clock } from '../../ports.ts';
import type { Api } from './client/api.ts';
import type { Anchor } from './manifest/job.ts';
import type { Pool } from './manifest/pool.ts';

export interface KubernetesOptions {
  readonly api: Api;
  readonly clock: Clock;
  readonly namespace: string;
  /** The lanes that run in this pool. */
  readonly lanes: readonly string[];
  readonly pool: Pool;
  readonly anchor: Anchor | null;
  /** 32 hex digits that nobody can guess, new at each call. */
  readonly nonce: () => string;
  /** Called soon after a run of this lane may have ended, perhaps for nothing; null: of any lane. `list` is the truth. */
  readonly onChange?: (lane: string | null) => void;
  /** Told once what is not allowed and can be done without. */
  readonly says?: (sentence: string) => void;
  /** Names of the nodes that no run may go to now. */
  readonly never?: () => readonly string[];
  readonly leakGuardHours?: number;
  /** How long a settled Job stays to be looked at, seconds; 0 deletes it at once. */
  readonly ttlSeconds?: number;
  /** After how many seconds beyond its grace a Pod that does not end is given up. */
  readonly stuckSeconds?: number;
  readonly relistMs?: number;
}
