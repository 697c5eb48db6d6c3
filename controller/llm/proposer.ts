// A language model as the proposer: several ideas per conversation, several conversations at a time.

import type { Brief, FixBrief } from '../brief.ts';
import type { IdeaKind, Source } from '../core/experiment.ts';
import type { Idea } from '../core/idea.ts';
import type { Cost } from '../core/money.ts';
import { sha256Hex } from '../intent.ts';
import type { Proposed, Proposer } from '../ports.ts';
import { doubling } from '../std/backoff.ts';
import { siblings } from '../std/siblings.ts';
import type { Answer } from './answer.ts';
import type { ConversationResult } from './conversation.ts';
import type { FileCheck } from './file-check.ts';
import { type ChosenKind, nextKind, otherKind } from './idea-kinds.ts';
import type { ModelChain } from './model-chain.ts';
import { promptForFix, promptForIdea } from './prompt.ts';
import { shownFile } from './shown-file.ts';

/** Requests that came to nothing, in a row, after which a person has to look. */
const FRUITLESS_AT_MOST = 5;
const pauseMs = doubling(10_000, 160_000);
/** Where neither the model nor the fallback has an idea just now. */
const RETRY_MS = 60_000;

interface LanguageModelParts {
  readonly source: Source;
  readonly models: ModelChain;
  readonly check: FileCheck;
  /** Conversations at a time, and ideas that each is asked for. */
  readonly parallel: number;
  readonly ideas: number;
  /** What a fix is shown besides the crash. */
  readonly prepare: string;
  readonly program: () => Promise<string>;
  /** Fills in while the model does not answer, or never will again; null leaves slots empty. */
  readonly fallback: Proposer | null;
  /** Hears why the fallback has the ideas, where a person can do something about it. */
  readonly told: (sentence: string) => void;
}

type NoIdea = Exclude<ConversationResult, { kind: 'usable' }>;

export class LanguageModelProposer implements Proposer {
  readonly #parts: LanguageModelParts;
  #fruitless = 0;
  /** What is asked for just now. */
  readonly #asking: IdeaKind[] = [];
  /** Ideas that came with others, and wait until somebody asks. */
  #stock: Idea[] = [];
  /** The file that is in the API's cache. */
  #cached = '';
  #told = '';

  constructor(parts: LanguageModelParts) {
    this.#parts = parts;
  }

  async propose(
    brief: Brief,
    count: number,
    signal: AbortSignal,
    here?: (idea: Idea) => void,
  ): Promise<Proposed> {
    const begun = this.#fruitless;
    await this.#parts.check.begin({ ...brief, ready: [...brief.ready, ...this.#stock] });
    const ideas: Idea[] = [];
    let left = count;
    const came = (idea: Idea) => {
      left--;
      if (here) here(idea);
      else ideas.push(idea);
    };
    for (const idea of this.#fromStock(brief, count)) came(idea);
    if (left === 0) return { kind: 'ideas', ideas };
    const calls = Math.min(Math.ceil(left / this.#parts.ideas), this.#parts.parallel);
    const first = await this.#asked(brief, calls, signal, (idea) => {
      if (left > 0) came(idea);
      else this.#stock.push(idea);
    });
    if (left < count) {
      this.#fruitless = 0;
      this.#told = '';
      return { kind: 'ideas', ideas };
    }
    // Of requests that ran side by side, one has counted for all.
    const counted = first.kind === 'fruitless' && begun < this.#fruitless;
    if (counted)
      return { kind: 'none', sentence: first.sentence, retry: true, afterMs: pauseMs(this.#fruitless) };
    return this.#without(first as NoIdea, brief, count, signal);
  }

  /** Ideas that came with others and were not wanted yet. The loop carries those of an older tip onto this one. */
  #fromStock(brief: Brief, count: number): Idea[] {
    const taken = this.#stock.splice(0, count);
    return taken.filter((idea) => !brief.tried.includes(sha256Hex(idea.trainPy)));
  }

  /** Makes so many calls, and hands each idea over as it comes. Returns what came of the first. */
  async #asked(
    brief: Brief,
    calls: number,
    signal: AbortSignal,
    here: (idea: Idea) => void,
  ): Promise<ConversationResult> {
    const { file } = shownFile(brief);
    const ask = async () => {
      const { source } = this.#parts;
      const chosen = nextKind(brief.past, this.#asking);
      this.#asking.push(chosen.kind);
      try {
        const result = await this.#one(brief, chosen, signal);
        if (result.kind !== 'usable') return result;
        this.#cached = file;
        for (const answer of result.answers) here(ideaOf(answer, result.cost, chosen.kind, brief, source));
        for (const { sentence } of result.refused)
          this.#parts.told(`an idea that was paid for cannot be used: ${sentence}`);
        return result;
      } finally {
        this.#asking.splice(this.#asking.indexOf(chosen.kind), 1);
      }
    };
    const several = (n: number) => siblings(Array.from({ length: n }, ask));
    if (this.#cached === file) return (await several(calls))[0]!;
    // The first call with a file writes the cache that the others read.
    const first = await ask();
    if (first.kind !== 'unanswered') await several(calls - 1);
    return first;
  }

  async fix(brief: FixBrief, signal: AbortSignal): Promise<string | null> {
    const { models, check, prepare, program, fallback } = this.#parts;
    const { trainPy, experiment } = brief;
    const task = {
      prompt: promptForFix(brief, await program(), prepare),
      trainPy,
      ideas: 1,
      what: { purpose: 'fix', experiment } as const,
      inspect: (text: string) => check.repair(text, trainPy, prepare, experiment),
    };
    const result = await models.converse(() => task, signal);
    if (result.kind === 'usable') return result.answers[0]!.trainPy;
    return fallback ? fallback.fix(brief, signal) : null;
  }

  #one(brief: Brief, chosen: ChosenKind, signal: AbortSignal): Promise<ConversationResult> {
    const ready = [...brief.ready, ...this.#stock].map((idea) => idea.description);
    const { ideas } = this.#parts;
    const task = (declined: number) => ({
      prompt: promptForIdea(brief, {
        ...(declined === 0 ? chosen : otherKind(chosen, declined)),
        ready,
        ideas,
      }),
      trainPy: brief.trainPy,
      ideas,
      what: { purpose: 'propose', experiment: null } as const,
      inspect: (trainPy: string) => this.#parts.check.idea(trainPy, brief),
    });
    return this.#parts.models.converse(task, signal);
  }

  /** No idea of the model's: the fallback's, or why there is none, and whether that can change by itself. */
  async #without(result: NoIdea, brief: Brief, count: number, signal: AbortSignal): Promise<Proposed> {
    const { fallback } = this.#parts;
    if (!fallback) return this.#none(result);
    const over = result.kind === 'unanswered' && !result.retry;
    if (over || result.kind === 'fruitless') this.#tell(result.sentence);
    const instead = await fallback.propose(brief, count, signal);
    if (instead.kind === 'ideas' || instead.retry) return instead;
    // It has tried all that it knows, but the model may yet come back.
    return over ? this.#none(result) : { ...instead, retry: true, afterMs: RETRY_MS };
  }

  #none(result: NoIdea): Proposed {
    const { sentence, why } = result;
    if (result.kind === 'unanswered' && result.retry)
      return { kind: 'none', sentence, retry: true, afterMs: result.afterMs };
    if (result.kind === 'unanswered') return { kind: 'none', sentence, retry: false, why };
    this.#fruitless++;
    if (this.#fruitless >= FRUITLESS_AT_MOST) return { kind: 'none', sentence, retry: false, why };
    return { kind: 'none', sentence, retry: true, afterMs: pauseMs(this.#fruitless) };
  }

  /** Once, until the model has an idea again. */
  #tell(sentence: string): void {
    if (sentence === this.#told) return;
    this.#told = sentence;
    this.#parts.told(`the fallback has the ideas meanwhile: ${sentence}`);
  }
}

function ideaOf(answer: Answer, cost: Cost, kind: IdeaKind, { tip }: Brief, source: Source): Idea {
  const { description, hypothesis, trainPy } = answer;
  const edits = answer.edits ?? undefined;
  return {
    description,
    hypothesis,
    source,
    base: tip,
    trainPy,
    stackOf: null,
    cost,
    kind,
    edits,
  };
}
