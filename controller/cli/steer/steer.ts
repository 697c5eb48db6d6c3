// The human's hand on a lane: pause, resume, guide, limit, try.

import { readFile } from 'node:fs/promises';
import { type Control, controlSchema, noControl } from '../../core/control.ts';
import { experimentId, type Proposal } from '../../core/experiment.ts';
import { keys } from '../../core/keys.ts';
import { Failure } from '../../failure.ts';
import { sha256Hex } from '../../intent.ts';
import { readControl } from '../../loop/outside-changes.ts';
import { encode } from '../../std/json.ts';
import { oneLine } from '../../std/text.ts';
import { type LaneReader, type LaneSelector, read } from '../../wiring/lane-reader.ts';
import { talk } from '../terminal/terminal.ts';
import { usable } from './train-file.ts';

export async function pause(where: LaneSelector): Promise<void> {
  const { lane } = await change(where, (control) => ({ ...control, paused: true }));
  talk(`${lane} is paused: runs under way end, nothing new begins; autoresearch resume goes on`);
}

/** Also mends a control.json that cannot be read. */
export async function resume(where: LaneSelector): Promise<void> {
  const { lane } = await change(where, (control) => ({ ...control, paused: false }));
  talk(`${lane} goes on`);
}

export async function guide(where: LaneSelector, text: string): Promise<void> {
  const { lane } = await change(where, (control) => ({ ...control, guidance: text }));
  talk(
    text
      ? `the proposer of ${lane} reads this from its next request on: Claude all of it. The built-in one obeys bounds such as "WIDTH <= 192", "DEPTH = 4" or "keep CLIP", and reads no other words`
      : `the guidance of ${lane} is removed`,
  );
}

export async function limit(where: LaneSelector, limits: Partial<Control['limits']>): Promise<void> {
  const { lane, control } = await change(where, (old) => ({ ...old, limits: { ...old.limits, ...limits } }));
  const { experiments, gpuHours, usd } = control.limits;
  const show = (cap: number | null) => cap ?? 'none';
  talk(`caps of ${lane}: experiments ${show(experiments)}, hours ${show(gpuHours)}, USD ${show(usd)}`);
}

/** Queues a person's own train.py: it gets the next id and is measured like any other. */
export async function tryFile(where: LaneSelector, file: string, message: string): Promise<void> {
  const reader = await read(where);
  const tip = reader.ledger.tip?.commit;
  if (!tip) throw new Failure(3, 'the baseline is not measured yet; run autoresearch dev first');
  const trainPy = await usable(file);
  if (reader.ledger.wasTried(sha256Hex(trainPy)))
    throw new Failure(
      1,
      `${file} was tried before, or is the frontier itself; change it and try again. To go back to an older keep: autoresearch retract ID`,
    );
  const id = await queue(reader, { description: message, trainPy, source: 'human', base: tip });
  talk(`${file} is experiment ${id}; a running controller takes it up at the next free slot`);
}

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

async function change(
  where: LaneSelector,
  edit: (old: Control) => Control,
): Promise<{ lane: string; control: Control }> {
  const { lane, store } = await read(where);
  const { control, trouble } = await readControl(store, lane);
  const parsed = controlSchema.safeParse(edit(trouble ? noControl : control));
  if (!parsed.success)
    throw new Failure(2, `that cannot be set: ${parsed.error.issues[0]!.message}; see --help`);
  await store.put(keys.control(lane), encode(parsed.data));
  return { lane, control: parsed.data };
}
