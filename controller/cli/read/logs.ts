// `logs`: what a run printed.
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { keys } from '../../core/keys.ts';
import { Failure } from '../../failure.ts';
import { type LaneReader, type LaneSelector, liveLogOf, read } from '../../wiring/lane-reader.ts';
import { isLocked } from '../../wiring/lock.ts';
import { print, talk } from '../terminal/terminal.ts';
import { attemptsOf, findOne, stored } from './find.ts';

/** The file here is looked at this often before git and store are asked once: they may be far away, and cost money. */
const LOOKS = 10;

/** The log of the last attempt; with `follow` the one under way and those after it, until the experiment is decided. */
export async function logs(where: LaneSelector, which: string, follow: boolean): Promise<void> {
  const reader = await read(where);
  const experiment = findOne(reader, which);
  const attempts = attemptsOf(reader, experiment);
  if (reader.ledger.settled.has(experiment)) {
    const whole = await stored(reader, experiment, 'run.log');
    return print([whole], process.stdout, true);
  }
  const goesOn = (attempt: number) => printAttempt(reader, experiment, attempt, follow, attempt > attempts);
  for (let attempt = attempts; (await goesOn(attempt)) && follow; attempt++);
}

/** Prints the log of an attempt, and what it is where `named`; with `follow` until it ends. Answers whether another may follow. */
async function printAttempt(
  reader: LaneReader,
  experiment: string,
  attempt: number,
  follow: boolean,
  named: boolean,
): Promise<boolean> {
  const file = liveLogOf(reader, experiment, attempt);
  // Nobody decides a run that outlived its controller: then it is over once its result is there.
  const abandoned = async () =>
    existsSync(join(dirname(file), 'result.json')) && !(await isLocked(reader.paths.lock));
  // A keep has its commit before it has anything else.
  const decided = async () =>
    (await reader.store.get(keys.record(reader.lane, experiment))) !== null ||
    (await reader.frontier.view()).kept.some(({ decision }) => decision.experiment === experiment);
  const ofAttempt = (name: 'run.log' | 'result.json') =>
    reader.store.get(keys.attempt(reader.lane, experiment, attempt, name));
  let looks = 0;
  let over = false;
  const ended = async () => {
    if (await abandoned()) over = true;
    else if (looks++ % LOOKS !== 0) return false;
    else if (await decided()) over = true;
    else return (await ofAttempt('result.json')) !== null;
    return over;
  };
  const growing = async function* () {
    const printed = yield* tail(file, follow, ended);
    if (!follow) return;
    // Its last lines may have come after the last look, and the run's folder goes away with it.
    const whole = await ofAttempt('run.log');
    if (whole) yield whole.subarray(printed);
  };
  await print(named ? headed(growing(), `attempt ${attempt}:`) : growing(), process.stdout, true);
  return !over;
}

/** Says the words before the first of what comes, and nothing where nothing comes. */
async function* headed(pieces: AsyncIterable<Uint8Array>, words: string): AsyncGenerator<Uint8Array> {
  let said = false;
  for await (const piece of pieces) {
    if (!said && piece.length > 0) talk(words);
    said ||= piece.length > 0;
    yield piece;
  }
}

/** Yields the file as it grows and returns the bytes yielded. Ends at its end, or when `ended` says so. */
async function* tail(
  file: string,
  follow: boolean,
  ended: () => Promise<boolean>,
): AsyncGenerator<Uint8Array, number> {
  let at = 0;
  for (;;) {
    const last = !follow || (await ended());
    const handle = await open(file).catch(() => null);
    if (!handle && !follow)
      throw new Failure(
        1,
        'no log of this run is here yet; wait a moment, or use -f. A run on a cluster has one here once it has ended',
      );
    if (handle) {
      const { size } = await handle.stat();
      const { buffer, bytesRead } = await handle.read(
        Buffer.alloc(Math.max(0, size - at)),
        0,
        Math.max(0, size - at),
        at,
      );
      await handle.close();
      if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
    if (last) return at;
    await delay(200);
  }
}
