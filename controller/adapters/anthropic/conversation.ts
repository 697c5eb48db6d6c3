// From a prompt to a usable file: the model answers, what cannot be used goes back to it with the reason, a few times.
import type { CacheTtl, Cost } from '../../core/money.ts';
import { usdOf } from '../../core/money.ts';
import type { Refusal } from '../../core/preflight.ts';
import type { Prompt } from '../../core/prompt.ts';
import type { Reservation } from '../../core/spend.ts';
import { type Answer, isRefusal, readAnswer } from './answer.ts';
import type { Answered, Request, Retort } from './ask.ts';
import { Bill, type Payer, type Unanswered } from './payer.ts';

/** A refused answer is sent back this often; its cost counts. */
const RETORTS = 3;

export interface Model {
  readonly model: string;
  readonly effort: Request['effort'];
  readonly maxOutputTokens: number;
  readonly cacheTtl: CacheTtl;
}

export interface Matter {
  readonly prompt: Prompt;
  readonly what: Pick<Reservation, 'purpose' | 'experiment'>;
  /** The file that edits are made on. */
  readonly trainPy: string;
  /** What is wrong with a file, or null where it may be launched. */
  readonly inspect: (trainPy: string) => Promise<Refusal | null>;
}

/** `fruitless`: answered, but nothing that can be used; `declined` says that the model would not. */
export type Result =
  | { kind: 'usable'; answer: Answer; cost: Cost; refusals: readonly Refusal[] }
  | { kind: 'fruitless'; sentence: string; declined: boolean; refusals: readonly Refusal[] }
  | Unanswered;

/** Rejects when `signal` aborts. */
export async function converse(
  payer: Payer,
  model: Model,
  matter: Matter,
  signal: AbortSignal,
): Promise<Result> {
  const bill = new Bill();
  const refusals: Refusal[] = [];
  const retorts: Retort[] = [];
  for (;;) {
    const said = await payer.ask({ ...model, prompt: matter.prompt, retorts }, matter.what, bill, signal);
    if (said.kind === 'unanswered') return said;
    const end = ended(said, model);
    if (end) return { kind: 'fruitless', ...end, refusals };
    const read = cutOff(said, model) ?? readAnswer(said.text, matter.trainPy);
    const refusal = isRefusal(read) ? read : await matter.inspect(read.trainPy);
    if (!isRefusal(read) && refusal === null)
      return { kind: 'usable', answer: read, cost: costOf(model, bill), refusals };
    refusals.push(refusal!);
    if (retorts.length === RETORTS) {
      const sentence = `${RETORTS + 1} answers of Claude could not be used; the last because ${refusal!.sentence}`;
      return { kind: 'fruitless', sentence, declined: false, refusals };
    }
    retorts.push({ answer: said.text.slice(0, 20_000), refusal: retortOf(refusal!) });
  }
}

/** Ends that no retort can mend. */
function ended(
  { stopReason, category }: Answered,
  { model }: Model,
): { sentence: string; declined: boolean } | null {
  if (stopReason === 'refusal')
    return {
      sentence: `${model} declined to answer${category ? ` (${category})` : ''}; mend program.md or choose another model`,
      declined: true,
    };
  if (stopReason === 'model_context_window_exceeded')
    return {
      sentence: `the prompt is too long for ${model}; shorten program.md or train.py`,
      declined: false,
    };
  return null;
}

function cutOff({ stopReason }: Answered, { maxOutputTokens }: Model): Refusal | null {
  if (stopReason === 'max_tokens')
    return {
      reason: 'cut_off',
      sentence: `the answer was cut off after ${maxOutputTokens} tokens; answer more briefly, with smaller edits`,
    };
  if (stopReason === 'end_turn') return null;
  return {
    reason: 'unfinished',
    sentence: `the answer ended with ${stopReason || 'nothing'}; answer with the JSON object alone`,
  };
}

function retortOf({ sentence }: Refusal): string {
  return `That cannot be used: ${sentence}. Answer again, whole: the edits are made on the train.py that you were shown, not on your last answer.`;
}

function costOf({ model }: Model, { calls, usage, nanoUsd, seconds }: Bill): Cost {
  return { model, calls, ...usage, usd: usdOf(nanoUsd), seconds };
}
