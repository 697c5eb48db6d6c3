// Commands for a person's hand on a lane: pause, resume, guide, limit, try.
import type { Control } from '../../core/control.ts';
import { type LaneSelector, read } from '../../wiring/lane-reader.ts';
import { talk } from '../terminal/terminal.ts';
import { change, person, tryText } from './steering.ts';
import { usable } from './train-file.ts';

export async function pause(where: LaneSelector): Promise<void> {
  const reader = await read(where);
  await change(reader, { paused: true }, person());
  talk(`${reader.lane} is paused: runs under way end, nothing new begins; autoresearch resume goes on`);
}

/** Also mends a control.json that cannot be read. */
export async function resume(where: LaneSelector): Promise<void> {
  const reader = await read(where);
  await change(reader, { paused: false }, person());
  talk(`${reader.lane} goes on`);
}

export async function guide(where: LaneSelector, guidance: string): Promise<void> {
  const reader = await read(where);
  await change(reader, { guidance }, person());
  talk(
    guidance
      ? `the proposer of ${reader.lane} reads this from its next request on: Claude all of it. The built-in one obeys bounds such as "WIDTH <= 192", "DEPTH = 4" or "keep CLIP", and reads no other words`
      : `the guidance of ${reader.lane} is removed`,
  );
}

export async function limit(where: LaneSelector, limits: Partial<Control['limits']>): Promise<void> {
  const reader = await read(where);
  const { experiments, gpuHours, usd } = (await change(reader, { limits }, person())).limits;
  const show = (cap: number | null) => cap ?? 'none';
  talk(
    `caps of ${reader.lane} by hand: experiments ${show(experiments)}, hours ${show(gpuHours)}, USD ${show(usd)}. Those it was started with hold, too: see autoresearch status`,
  );
}

/** Queues a person's own train.py: it gets the next id and is measured like any other. */
export async function tryFile(where: LaneSelector, file: string, message: string): Promise<void> {
  const reader = await read(where);
  const trainPy = await usable(file);
  const id = await tryText(reader, { trainPy, message, name: file }, person());
  talk(`${file} is experiment ${id}; a running controller takes it up at the next free slot`);
}
