// From a prompt to a usable file: the model answers, what cannot be used goes back to it with the reason, a few times.
import { type CacheTtl, type Cost, usdOf } from '../core/money.ts';
import type { Reservation } from '../core/spend.ts';
import { type Answer, isRefusal, readAnswer } from './answer.ts';
import type { MeteredModel, Unanswered, UsageTotal } from './metered-model.ts';
import type { Correction, ModelAnswer, ModelRequest } from './model.ts';
import type { Prompt } from './prompt.ts';
import type { EditRefusal } from './static-checks.ts';

/** A refused answer is sent back this often; its cost counts. */
const CORRECTIONS = 3;
/** As much of a refused answer is shown again. */
const ANSWER_CHARACTERS = 20_000;

export interface Model {
  readonly model: string;
  readonly effort: ModelRequest['effort'];
  readonly maxOutputTokens: number;
  readonly cacheTtl: CacheTtl;
}

export interface ModelTask {
  readonly prompt: Prompt;
  readonly what: Pick<Reservation, 'purpose' | 'experiment'>;
  /** The file that edits are made on. */
  readonly trainPy: string;
  /** What is wrong with a file, or null where it may be launched. */
  readonly inspect: (trainPy: string) => Promise<EditRefusal | null>;
}

/** `fruitless`: answered, but nothing that can be used; another model may do better where it is none of our answers' fault. */
export type ConversationResult = { kind: 'usable'; answer: Answer; cost: Cost } | Fruitless | Unanswered;

export interface Fruitless {
  readonly kind: 'fruitless';
  readonly why: 'exhausted' | 'refused' | 'misconfigured';
  readonly sentence: string;
}

/** What it comes to is added to the total. Rejects when `signal` aborts. */
export async function converse(
  metered: MeteredModel,
  model: Model,
  task: ModelTask,
  total: UsageTotal,
  signal: AbortSignal,
): Promise<ConversationResult> {
  const corrections: Correction[] = [];
  let { maxOutputTokens } = model;
  for (;;) {
    const request = { ...model, maxOutputTokens, prompt: task.prompt, corrections };
    const said = await metered.ask(request, task.what, total, signal);
    if (said.kind === 'unanswered') return said;
    if (said.stopReason === 'max_tokens') {
      // It thought for too long, which is no fault of the answer: once it gets more room for the same.
      if (maxOutputTokens > model.maxOutputTokens) return cutOff(model, maxOutputTokens);
      maxOutputTokens *= 2;
      continue;
    }
    const end = whyNoMore(said, model);
    if (end !== null) return end;
    const read = unfinished(said) ?? readAnswer(said.text, task.trainPy);
    const refusal = isRefusal(read) ? read : await task.inspect(read.trainPy);
    if (!isRefusal(read) && refusal === null)
      return { kind: 'usable', answer: read, cost: costOf(model, total) };
    if (corrections.length === CORRECTIONS) {
      const sentence = `${CORRECTIONS + 1} answers of ${model.model} could not be used; the last because ${refusal!.sentence}`;
      return { kind: 'fruitless', why: 'exhausted', sentence };
    }
    corrections.push({ answer: said.text.slice(0, ANSWER_CHARACTERS), refusal: correctionOf(refusal!) });
  }
}

/** Of an end that no correction can mend: a sentence that says what to do. */
function whyNoMore({ stopReason, category }: ModelAnswer, { model }: Model): Fruitless | null {
  if (stopReason === 'refusal') {
    const declined = `${model} declined to answer${category ? ` (${category})` : ''}`;
    const sentence = `${declined}; change program.md, or name other models in proposer.models`;
    return { kind: 'fruitless', why: 'refused', sentence };
  }
  if (stopReason !== 'model_context_window_exceeded') return null;
  const sentence = `the prompt is too long for ${model}; shorten program.md or train.py`;
  return { kind: 'fruitless', why: 'misconfigured', sentence };
}

function cutOff({ model }: Model, tokens: number): Fruitless {
  const sentence = `the answers of ${model} were cut off, the last after ${tokens} tokens; set a lower proposer.effort, or more proposer.maxOutputTokens`;
  return { kind: 'fruitless', why: 'exhausted', sentence };
}

function unfinished({ stopReason }: ModelAnswer): EditRefusal | null {
  if (stopReason === 'end_turn') return null;
  return {
    reason: 'unfinished',
    sentence: `the answer ended with ${stopReason || 'nothing'}; answer with the JSON object alone`,
  };
}

function correctionOf({ sentence }: EditRefusal): string {
  return `That cannot be used: ${sentence}. Answer again, whole: the edits are made on the train.py that you were shown, not on your last answer.`;
}

function costOf({ model }: Model, { calls, usage, nanoUsd, seconds }: UsageTotal): Cost {
  return { model, calls, ...usage, usd: usdOf(nanoUsd), seconds };
}
