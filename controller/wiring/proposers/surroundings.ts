// What a proposer is put together with.
import type { LaneContext } from '../../loop/context.ts';

export interface ProposerSurroundings extends Pick<LaneContext, 'store' | 'clock' | 'inputs' | 'observer'> {
  /** Files and folders that no command of a person may read. */
  readonly secrets: readonly string[];
  /** The controller's own environment: keys are taken from it where the setting asks for what needs one. */
  readonly env: Readonly<Record<string, string | undefined>>;
}
