// A proposer for the doctor: put together and looked at as for a lane that begins, and then asked nothing.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../adapters/clock.ts';
import { Failure } from '../../failure.ts';
import type { LaneInputs } from '../../loop/context.ts';
import type { LaneEvent } from '../../loop/observer.ts';
import type { Store } from '../../ports.ts';
import { checkout } from '../../settings/checkout.ts';
import type { ClaudeSetting } from '../../settings/claude.ts';
import { type ProposerSetting, proposerSchema } from '../../settings/proposer.ts';
import { type TrainerName, trainers } from '../../settings/trainers.ts';
import type { Check } from '../../std/check.ts';
import { laneProposer } from './proposer.ts';
import type { ProposerSurroundings } from './surroundings.ts';

/** `given`: the setting as a file and flags have it; undefined where they say nothing. */
export async function examinedProposer(
  given: unknown,
  name: TrainerName,
  env: ProposerSurroundings['env'],
): Promise<Check[]> {
  if (given === undefined) return [];
  const read = proposerSchema.safeParse(given);
  if (!read.success) return [checkOf('fail', read.error.issues[0]!.message)];
  const setting = read.data;
  const told: string[] = [];
  const observer = {
    happened: (event: LaneEvent) => void (event.kind === 'held' && told.push(event.sentence)),
    turn() {},
  };
  const parts = {
    store: empty,
    clock: systemClock,
    inputs: await inputsOf(name),
    observer,
    secrets: [],
    env,
  };
  try {
    await laneProposer(setting, 'main', parts);
  } catch (error) {
    if (error instanceof Failure) return [checkOf('fail', error.message)];
    throw error;
  }
  if (told.length > 0) return told.map((sentence) => checkOf('warn', sentence));
  return [{ check: 'proposer', result: 'ok', found: foundOf(setting), fix: '' }];
}

/** What was seen, and of Amazon Bedrock what was not: it answers no question that costs nothing. */
function foundOf(setting: ProposerSetting): string {
  const unseen = (claude: Partial<Pick<ClaudeSetting, 'bedrock'>> | undefined) =>
    claude?.bedrock
      ? '; of Amazon Bedrock only that there are credentials: the rest shows with the first call'
      : '';
  if (typeof setting === 'string') return `${setting} can have ideas`;
  if ('mix' in setting) return `the mix can have ideas${unseen(setting.anthropic)}`;
  return `${setting.kind} can have ideas${setting.kind === 'anthropic' ? unseen(setting) : ''}`;
}

async function inputsOf(name: TrainerName): Promise<LaneInputs> {
  const { folder } = trainers[name];
  return {
    trainPy: await readFile(join(folder, 'train.py'), 'utf8'),
    prepare: await readFile(join(folder, 'prepare.py'), 'utf8'),
    program: () => readFile(checkout.program, 'utf8'),
  };
}

/** Of a lane that never began. */
const empty: Store = {
  get: async () => null,
  list: async () => [],
  putIfAbsent: readOnly,
  put: readOnly,
};

function readOnly(): never {
  throw new Error('the doctor writes nothing');
}

function checkOf(result: 'warn' | 'fail', sentence: string): Check {
  const at = sentence.lastIndexOf('; ');
  const cut = at < 0 ? sentence.length : at;
  return { check: 'proposer', result, found: sentence.slice(0, cut), fix: sentence.slice(cut + 2) };
}
