// How an idea of a person's gets into a lane: as a proposal like any other, in the lane's store.
import { readFile } from 'node:fs/promises';
import { experimentId, type Proposal } from '../../core/experiment.ts';
import { keys } from '../../core/keys.ts';
import { sha256Hex } from '../../intent.ts';
import { encode } from '../../std/json.ts';
import { oneLine } from '../../std/text.ts';
import type { LaneReader } from '../../wiring/lane-reader.ts';

type PersonsIdea = Pick<Proposal, 'description' | 'trainPy' | 'source' | 'base'>;

/** Takes the next free id. */
export async function queue(reader: LaneReader, idea: PersonsIdea): Promise<string> {
  // Far from the controller there is no brief: the last one that was in force will do.
  const brief = await readFile(reader.paths.program(reader.lane)).catch(() => null);
  const program = brief ? sha256Hex(brief) : reader.ledger.decisions.at(-1)!.program;
  const description = oneLine(idea.description).slice(0, 400);
  for (let n = reader.ledger.nextId; ; n++) {
    const experiment = experimentId(n);
    const rest = { hypothesis: '', program, stackOf: null, createdMs: Date.now() };
    const proposal: Proposal = { experiment, ...rest, ...idea, description };
    if (await reader.store.putIfAbsent(keys.proposal(reader.lane, experiment), encode(proposal)))
      return experiment;
  }
}
