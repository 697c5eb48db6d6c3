// Where an idea that waits gets its id.
import type { Idea } from '../core/idea.ts';
import { sha256Hex } from '../intent.ts';
import { allocate, baselineOf, carried } from './allocate.ts';
import type { LaneContext } from './context.ts';
import type { IdeaQueue } from './idea-queue.ts';
import type { Ledger } from './ledger.ts';

/** Gives this idea of the queue its id, as it is on the tip, or drops it; null is the baseline. */
export async function fromQueue(
  context: LaneContext,
  ledger: Ledger,
  queue: IdeaQueue,
  idea: Idea | null,
): Promise<void> {
  if (idea === null) {
    await allocate(context, ledger, baselineOf(context.inputs.trainPy), await programSha(context));
    return;
  }
  const onTip = carried(ledger, idea);
  // It stays in the queue until it has its id: trouble meanwhile costs no idea.
  if (onTip && !(await withId(context, ledger, onTip))) return;
  queue.take(idea);
  if (onTip) return;
  // Made on this very tip, and tried before: a proposer that repeats itself is asked less often.
  if (idea.base === ledger.tip!.commit) queue.pauseAsking();
  const sentence = 'it no longer applies to the frontier, or was tried already';
  context.observer.happened({ kind: 'dropped', description: idea.description, sentence });
}

/** False: the id went to somebody else's proposal. */
export async function withId(context: LaneContext, ledger: Ledger, idea: Idea): Promise<boolean> {
  return allocate(context, ledger, idea, await programSha(context));
}

async function programSha({ inputs }: LaneContext): Promise<string> {
  return sha256Hex(await inputs.program());
}
