// Claude as the proposer: one idea per conversation, several conversations at a time.
import type { Brief, FixBrief, Idea } from '../../core/brief.ts';
import { promptForFix, promptForIdea } from '../../core/prompt.ts';
import type { Proposed, Proposer } from '../../ports.ts';
import type { Refusal } from './answer.ts';
import { converse, type Model, type Result } from './conversation.ts';
import type { Payer } from './payer.ts';

/** Conversations that came to nothing, in a row, after which a person has to look. */
const FRUITLESS_AT_MOST = 5;
const FRUITLESS_PAUSE_MS = 10_000;

export interface ClaudeParts {
  readonly payer: Payer;
  readonly model: Model;
  /** Conversations at a time. */
  readonly parallel: number;
  /** What a fix is shown besides the crash. */
  readonly prepare: string;
  readonly program: () => Promise<string>;
  /** Fills in while Claude does not answer; null leaves slots empty. */
  readonly fallback: Proposer | null;
}

export class ClaudeProposer implements Proposer {
  readonly #parts: ClaudeParts;
  #fruitless = 0;
  /** What was answered and has no id yet, as far as this life knows. */
  #ready: Idea[] = [];

  constructor(parts: ClaudeParts) {
    this.#parts = parts;
  }

  async propose(brief: Brief, count: number, signal: AbortSignal): Promise<Proposed> {
    const of = Math.min(count, this.#parts.parallel);
    this.#ready = this.#ready.filter((idea) => !brief.tried(idea.trainPy));
    const asked: Promise<Result>[] = [];
    // The first call writes the cache that the others read.
    for (let nth = 1; nth <= of; nth++) {
      const one = this.#one(brief, { nth, of }, signal);
      asked.push(one);
      if (nth === 1) await one;
    }
    const results = await Promise.all(asked);
    const ideas = this.#ideasIn(results, brief);
    if (ideas.length > 0) return { kind: 'ideas', ideas };
    return this.#without(results[0]!, brief, count, signal);
  }

  async fix(brief: FixBrief, signal: AbortSignal): Promise<string | null> {
    const { payer, model, prepare, program, fallback } = this.#parts;
    const { trainPy, experiment } = brief;
    const prompt = promptForFix(brief, await program(), prepare);
    const matter = {
      prompt,
      trainPy,
      what: { purpose: 'fix', experiment } as const,
      inspect: async () => null,
    };
    const result = await converse(payer, model, matter, signal);
    if (result.kind === 'usable') return result.answer.trainPy;
    return result.kind === 'unanswered' && result.retry && fallback ? fallback.fix(brief, signal) : null;
  }

  #one(brief: Brief, turn: { nth: number; of: number }, signal: AbortSignal): Promise<Result> {
    const { payer, model } = this.#parts;
    const ready = this.#ready.map((idea) => idea.description);
    const matter = {
      prompt: promptForIdea(brief, { ...turn, ready }),
      trainPy: brief.trainPy,
      what: { purpose: 'propose', experiment: null } as const,
      inspect: async (trainPy: string) => this.#refuse(trainPy, brief),
    };
    return converse(payer, model, matter, signal);
  }

  #refuse(trainPy: string, brief: Brief): Refusal | null {
    const known = brief.tried(trainPy) || this.#ready.some((idea) => idea.trainPy === trainPy);
    if (!known) return null;
    return {
      reason: 'duplicate',
      sentence: 'that file was tried before, or waits for its turn; propose something else',
    };
  }

  #ideasIn(results: readonly Result[], brief: Brief): Idea[] {
    const ideas: Idea[] = [];
    for (const result of results) {
      if (result.kind !== 'usable') continue;
      const { description, hypothesis, trainPy } = result.answer;
      if (ideas.some((idea) => idea.trainPy === trainPy)) continue;
      const { cost } = result;
      const source = 'anthropic' as const;
      ideas.push({ description, hypothesis, source, base: brief.tip, trainPy, stackOf: null, cost });
    }
    this.#ready = [...this.#ready, ...ideas];
    if (ideas.length > 0) this.#fruitless = 0;
    return ideas;
  }

  async #without(result: Result, brief: Brief, count: number, signal: AbortSignal): Promise<Proposed> {
    if (result.kind === 'unanswered') {
      const { sentence, retry, afterMs } = result;
      if (retry && this.#parts.fallback) return this.#parts.fallback.propose(brief, count, signal);
      return { kind: 'none', sentence, retry, afterMs };
    }
    const sentence = result.kind === 'fruitless' ? result.sentence : 'Claude proposed the same twice';
    this.#fruitless++;
    if (this.#fruitless >= FRUITLESS_AT_MOST) return { kind: 'none', sentence, retry: false };
    const afterMs = FRUITLESS_PAUSE_MS * 2 ** this.#fruitless;
    return { kind: 'none', sentence, retry: true, afterMs };
  }
}
