// From a prompt to a usable file: the model answers, what cannot be used goes back to it with the reason, a few times.
import { type CacheTtl, type Cost, usdOf } from '../core/money.ts';
import type { Reservation } from '../core/spend.ts';
import { type Answer, isRefusal, readAnswer } from './answer.ts';
import { Bill, type Payer, type Unanswered } from './metered-model.ts';
import type { Answered, Request, Retort } from './model.ts';
import type { Prompt } from './prompt.ts';
import type { EditRefusal } from './static-checks.ts';

/** A refused answer is sent back this often; its cost counts. */
const RETORTS = 3;
/** As much of a refused answer is shown again. */
const ANSWER_CHARACTERS = 20_000;

export interface Model {
  readonly model: string;
  readonly effort: Request['effort'];
  readonly maxOutputTokens: number;
  readonly cacheTtl: CacheTtl;
}

interface Matter {
  readonly prompt: Prompt;
  readonly what: Pick<Reservation, 'purpose' | 'experiment'>;
  /** The file that edits are made on. */
  readonly trainPy: string;
  /** What is wrong with a file, or null where it may be launched. */
  readonly inspect: (trainPy: string) => Promise<EditRefusal | null>;
}

/** `fruitless`: answered, but nothing that can be used. */
export type ConversationResult =
  | { kind: 'usable'; answer: Answer; cost: Cost }
  | { kind: 'fruitless'; sentence: string }
  | Unanswered;

/** Rejects when `signal` aborts. */
export async function converse(
  payer: Payer,
  model: Model,
  matter: Matter,
  signal: AbortSignal,
): Promise<ConversationResult> {
  const bill = new Bill();
  const retorts: Retort[] = [];
  for (;;) {
    const said = await payer.ask({ ...model, prompt: matter.prompt, retorts }, matter.what, bill, signal);
    if (said.kind === 'unanswered') return said;
    const end = whyNoMore(said, model);
    if (end !== null) return { kind: 'fruitless', sentence: end };
    const read = cutOff(said, model) ?? readAnswer(said.text, matter.trainPy);
    const refusal = isRefusal(read) ? read : await matter.inspect(read.trainPy);
    if (!isRefusal(read) && refusal === null)
      return { kind: 'usable', answer: read, cost: costOf(model, bill) };
    if (retorts.length === RETORTS) {
      const sentence = `${RETORTS + 1} answers of Claude could not be used; the last because ${refusal!.sentence}`;
      return { kind: 'fruitless', sentence };
    }
    retorts.push({ answer: said.text.slice(0, ANSWER_CHARACTERS), refusal: retortOf(refusal!) });
  }
}

/** Of an end that no retort can mend: a sentence that says what to do. */
function whyNoMore({ stopReason, category }: Answered, { model }: Model): string | null {
  if (stopReason === 'refusal')
    return `${model} declined to answer${category ? ` (${category})` : ''}; change program.md or choose another model`;
  if (stopReason === 'model_context_window_exceeded')
    return `the prompt is too long for ${model}; shorten program.md or train.py`;
  return null;
}

function cutOff({ stopReason }: Answered, { maxOutputTokens }: Model): EditRefusal | null {
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

function retortOf({ sentence }: EditRefusal): string {
  return `That cannot be used: ${sentence}. Answer again, whole: the edits are made on the train.py that you were shown, not on your last answer.`;
}

function costOf({ model }: Model, { calls, usage, nanoUsd, seconds }: Bill): Cost {
  return { model, calls, ...usage, usd: usdOf(nanoUsd), seconds };
}
