// `prompt`: what the next call of a proposer is sent, or was sent at an earlier time.
import { Failure } from '../../failure.ts';
import { readSettings } from '../../settings/file.ts';
import {
  type ProposerFlags,
  type ProposerSetting,
  proposerGiven,
  proposerSchema,
} from '../../settings/proposer.ts';
import { promptOf } from '../../wiring/lane-prompt.ts';
import { type LaneSelector, read } from '../../wiring/lane-reader.ts';
import { type Output, write } from '../terminal/print.ts';
import { talk } from '../terminal/terminal.ts';
import { findOne } from './find.ts';

interface PromptFlags extends Pick<ProposerFlags, 'proposer' | 'model'> {
  /** The experiment after whose verdict the call is made; by default the last one. */
  readonly at?: string | undefined;
  /** Settings of the lane. */
  readonly config?: string | undefined;
}

/** Failure 1 where the lane has no baseline yet, 2 where the proposer is sent nothing. */
export async function prompt(where: LaneSelector, flags: PromptFlags, output: Output): Promise<void> {
  const setting = await settingOf(flags);
  const reader = await read(where);
  const sent = await promptOf(reader, setting, flags.at === undefined ? null : findOne(reader, flags.at));
  if (sent === null) {
    const how = 'name another with --proposer, or its settings with --config';
    throw new Failure(2, `${typeof setting === 'string' ? setting : 'this mix'} is sent no prompt; ${how}`);
  }
  if (output === 'json') return write(JSON.stringify(sent.whole, null, 1));
  for (const [title, text] of sent.texts) {
    talk(`── ${title} (${Buffer.byteLength(text)} bytes)`);
    write(text);
  }
}

/** Claude's where nothing else is said. No cap is needed, for nothing is sent. */
async function settingOf({ config, proposer, model }: PromptFlags): Promise<ProposerSetting> {
  const written = config === undefined ? undefined : (await readSettings(config)).proposer;
  const given = proposerGiven(written, { proposer, model }) ?? 'anthropic';
  const named = typeof given === 'string' ? { kind: given } : (given as object);
  const parsed = proposerSchema.safeParse(given);
  const read = parsed.success ? parsed : proposerSchema.safeParse({ maxUsd: 1, ...named });
  if (read.success) return read.data;
  const why = read.error.issues[0]!.message;
  throw new Failure(2, `these settings of a proposer cannot be used (${why}); correct them`);
}
