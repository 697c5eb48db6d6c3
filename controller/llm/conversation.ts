// From a prompt to a usable file: the model answers, what cannot be used goes back to it with the reason, a few times.
import { type CacheTtl, type Cost, usdOf } from '../core/money.ts';
import type { Reservation } from '../core/spend.ts';
import { type Answer, isRefusal, readAnswers } from './answer.ts';
import type { MeteredModel, PaidAnswer, UsageTotal } from './metered-model.ts';
import type { Correction, ModelAnswer, ModelRequest } from './model.ts';
import type { Prompt } from './prompt.ts';
import type { RefusedIdea } from './refused-log.ts';
import { fenced } from './shown-file.ts';
import type { EditRefusal } from './static-checks.ts';
import type { Unanswered } from './unanswered.ts';

/** A refused answer is sent back this often; its cost counts. */
const CORRECTIONS = 3;
/** As much of a refused answer is shown again. */
const ANSWER_CHARACTERS = 20_000;
/** Room for each idea beyond the first. */
const IDEA_TOKENS = 1500;

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
  /** Ideas that are asked for at once: one thinking is paid for all of them. */
  readonly ideas: number;
  /** What is wrong with a file, or null where it may be launched. */
  readonly inspect: (trainPy: string) => Promise<EditRefusal | null>;
}

/** `fruitless`: answered, but nothing that can be used; another model may do better where it is none of our answers' fault. */
export type ConversationResult = Usable | Fruitless | Unanswered;

/** At least one answer; `cost` is each one's share. `refused`: why others of the same reply cannot be used. */
interface Usable {
  readonly kind: 'usable';
  /** So many answers were cut off before. */
  readonly cutOff: number;
  readonly answers: readonly Answer[];
  readonly refused: readonly RefusedIdea[];
  readonly cost: Cost;
}

export interface Fruitless {
  readonly kind: 'fruitless';
  readonly why: 'exhausted' | 'refused' | 'misconfigured';
  readonly sentence: string;
  /** So many answers were cut off, the last one among them. */
  readonly cutOff: number;
}

/** A model that thinks as much as it does by itself: what it was set to may be what never ends. */
export function unset(model: Model): Model {
  return { ...model, effort: null };
}

/**
 * What it comes to is added to the total. `patient`: an answer that is cut off is asked for once more, where there is more
 * room. Rejects when `signal` aborts.
 */
export async function converse(
  metered: MeteredModel,
  model: Model,
  task: ModelTask,
  total: UsageTotal,
  signal: AbortSignal,
  patient = true,
): Promise<ConversationResult> {
  const corrections: Correction[] = [];
  const room = roomFor(model, task.ideas);
  let asked = { ...model, maxOutputTokens: room };
  let cut: Fruitless | null = null;
  for (;;) {
    const request = { ...asked, prompt: task.prompt, corrections };
    const said = await metered.ask(
      request,
      task.what,
      total,
      signal,
      cut === null ? 0 : model.maxOutputTokens,
    );
    // What is left of the cap may pay for no more room.
    if (said.kind === 'unanswered') return said.why === 'limit' && cut !== null ? cut : said;
    if (said.stopReason === 'max_tokens') {
      const end = cutOff(model, said.room, (cut?.cutOff ?? 0) + 1);
      await metered.refused(said, [{ description: '', reason: 'cut_off', sentence: end.sentence }]);
      if (!patient || cut !== null) return end;
      // It thought for too long, which is no fault of the answer: it gets more room for the same.
      const more = Math.min(2 * room, await metered.mostOutput(model.model, signal));
      if (more <= room || said.room < room) return end;
      [cut, asked] = [end, { ...unset(model), maxOutputTokens: more }];
      continue;
    }
    const end = whyNoMore(said, model);
    if (end !== null) {
      const { why: reason, sentence } = end;
      await metered.refused(said, [{ description: '', reason, sentence }]);
      return end;
    }
    const { answers, refused } = await usableOf(said, task);
    if (refused.length > 0) await metered.refused(said, refused);
    if (answers.length > 0)
      return {
        ...{ kind: 'usable', answers, refused, cutOff: cut?.cutOff ?? 0 },
        cost: shareOf(costOf(model, total), answers.length),
      };
    const refusal = refused[0];
    if (corrections.length === CORRECTIONS) {
      const sentence = `${CORRECTIONS + 1} answers of ${model.model} could not be used; the last because ${refusal!.sentence}`;
      return { kind: 'fruitless', why: 'exhausted', sentence, cutOff: 0 };
    }
    corrections.push({
      answer: said.text.slice(0, ANSWER_CHARACTERS),
      refusal: correctionOf(refusal!, task),
    });
  }
}

/** Tokens that a call for so many ideas may answer with. */
export function roomFor({ maxOutputTokens }: Model, ideas: number): number {
  return maxOutputTokens + (ideas - 1) * IDEA_TOKENS;
}

/** What can be used of a reply, and why the rest cannot. */
async function usableOf(said: PaidAnswer, task: ModelTask): Promise<Pick<Usable, 'answers' | 'refused'>> {
  const incomplete = unfinished(said);
  const answers: Answer[] = [];
  const refused: RefusedIdea[] = [];
  for (const read of incomplete ? [incomplete] : readAnswers(said.text, task.trainPy)) {
    const refusal = isRefusal(read) ? read : await task.inspect(read.trainPy);
    if (refusal) refused.push({ description: read.description, ...refusal });
    else answers.push(read as Answer);
  }
  return { answers, refused };
}

/** Of an end that no correction can mend: a sentence that says what to do. */
function whyNoMore({ stopReason, category }: ModelAnswer, { model }: Model): Fruitless | null {
  if (stopReason === 'refusal') {
    const declined = `${model} declined to answer${category ? ` (${category})` : ''}`;
    const sentence = `${declined}; change program.md, or name other models in proposer.models`;
    return { kind: 'fruitless', why: 'refused', sentence, cutOff: 0 };
  }
  if (stopReason !== 'model_context_window_exceeded') return null;
  const sentence = `the prompt is too long for ${model}; shorten program.md or train.py`;
  return { kind: 'fruitless', why: 'misconfigured', sentence, cutOff: 0 };
}

function cutOff({ model }: Model, tokens: number, count: number): Fruitless {
  const sentence = `the answers of ${model} were cut off, the last after ${tokens} tokens; leave proposer.effort out, set more proposer.maxOutputTokens, or choose another proposer.model`;
  return { kind: 'fruitless', why: 'misconfigured', sentence, cutOff: count };
}

function unfinished({ stopReason }: ModelAnswer): RefusedIdea | null {
  if (stopReason === 'end_turn') return null;
  return {
    description: '',
    reason: 'unfinished',
    sentence: `the answer ended with ${stopReason || 'nothing'}; answer with the JSON object alone`,
  };
}

/** What was not found may be text that has changed since the file that was shown: then the file is shown as it stands. */
function correctionOf({ reason, sentence }: EditRefusal, { prompt, trainPy }: ModelTask): string {
  const again = `That cannot be used: ${sentence}. Answer again, whole: the edits are made on train.py as it stands, not on your last answer.`;
  const shown = prompt.system.some(({ text }) => text.includes(trainPy)) || prompt.user.includes(trainPy);
  return reason === 'absent' && !shown ? `${again} It is:\n${fenced('train.py', trainPy)}` : again;
}

/** Whole tokens: what does not divide is counted for nobody, but the dollars are divided exactly. */
function shareOf(cost: Cost, ideas: number): Cost {
  if (ideas === 1) return cost;
  const part = (tokens: number) => Math.round(tokens / ideas);
  const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = cost;
  return {
    ...cost,
    inputTokens: part(inputTokens),
    cacheReadTokens: part(cacheReadTokens),
    cacheWriteTokens: part(cacheWriteTokens),
    outputTokens: part(outputTokens),
    usd: cost.usd / ideas,
    ideas,
  };
}

function costOf({ model }: Model, { numbers, usage, nanoUsd, seconds }: UsageTotal): Cost {
  return { model, calls: numbers.length, ...usage, usd: usdOf(nanoUsd), seconds, numbers: [...numbers] };
}
