// What a proposer answers with.
import type { Edit } from '../std/edits.ts';
import type { IdeaKind, Source } from './experiment.ts';
import type { Cost } from './money.ts';

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
  readonly kind?: IdeaKind | undefined;
  /** The edits that made it of its base, where it was no rewrite. */
  readonly edits?: readonly Edit[] | undefined;
}
