// `retract`: a person's way back from a keep. History is never rewritten: an older file becomes the newest commit.
import { BASELINE } from '../../core/experiment.ts';
import { Failure } from '../../failure.ts';
import { named } from '../../views/names.ts';
import { type LaneReader, type LaneSelector, read } from '../../wiring/lane-reader.ts';
import { talk } from '../terminal/terminal.ts';
import { queue } from './queue.ts';
import { note, person } from './steering.ts';

/** Queues the file before the keep that `which` names, to be measured and kept. Keeps after that one go, too. */
export async function retract(where: LaneSelector, which: string, why = ''): Promise<void> {
  const reader = await read(where);
  const { experiment, at } = keepOf(reader, which);
  const { kept } = reader.view;
  const [target, tip] = [kept[at - 1]!, kept.at(-1)!];
  if (target.decision.trainSha256 === tip.decision.trainSha256)
    throw new Failure(1, `the tip is the file before ${experiment} already; autoresearch show tip shows it`);
  const waiting = [...reader.ledger.open.values()].find(({ proposal }) => proposal.source === 'retract');
  if (waiting)
    throw new Failure(1, `${waiting.proposal.experiment} is a retraction on trial; wait for its verdict`);
  const gone = kept.slice(at).map(({ decision }) => decision.experiment);
  const back = `back to ${target.decision.experiment}, retracting ${gone.join(' ')}`;
  const id = await queue(reader, {
    description: why ? `${back}: ${why}` : back,
    trainPy: target.trainPy,
    source: 'retract',
    base: tip.decision.commit,
  });
  await note(reader.lane, reader.store, person(), `retract ${experiment}, as experiment ${id}`);
  talk(
    `experiment ${id} goes ${back}: a running controller measures that file again, and keeps it whatever its number`,
  );
  if (gone.length > 1)
    talk(
      `${gone.slice(1).join(' ')} go with it; to have an edit again, change its file (autoresearch show ID --train-py) and give it to autoresearch try`,
    );
}

/** Throws Failure 1 where it names no keep that can be gone back behind. */
function keepOf({ ledger, view }: LaneReader, which: string): { experiment: string; at: number } {
  const found = named(which, ledger.decisions, [], ledger.tip?.commit ?? null);
  if (found.kind === 'refused') throw new Failure(1, found.sentence);
  const experiment = found.experiments[0]!;
  if (experiment === BASELINE)
    throw new Failure(1, 'the baseline cannot be retracted; begin another lane with --lane NAME');
  const at = view.kept.findIndex(({ decision }) => decision.experiment === experiment);
  if (at < 0)
    throw new Failure(
      1,
      `${experiment} was not kept, so there is nothing to retract; see autoresearch list --kept`,
    );
  const commit = view.kept[at]!.decision.commit;
  if (ledger.tip!.withdrawn.has(commit))
    throw new Failure(1, `${experiment} was retracted before; see autoresearch list --kept`);
  return { experiment, at };
}
