// A person's command as the proposer: each call is a process of its own, paid for as one, whatever it says.
import { tmpdir } from 'node:os';
import type { Brief, FixBrief } from '../../brief.ts';
import type { Idea, NoMoreIdeas } from '../../core/idea.ts';
import { nanoUsd, noUsage } from '../../core/money.ts';
import type { Budget } from '../../llm/budget.ts';
import type { FileCheck } from '../../llm/file-check.ts';
import type { RefusedIdea } from '../../llm/refused-log.ts';
import type { Clock, Proposed, Proposer } from '../../ports.ts';
import { doubling } from '../../std/backoff.ts';
import { siblings } from '../../std/siblings.ts';
import { plainLine } from '../../std/text.ts';
import { type AgentEnd, runAgent } from './agent.ts';
import { AgentCall, overspent, type Task, type UsableAnswer, whyFruitless } from './call.ts';
import { scratchForFix, scratchForIdeas } from './scratch.ts';

/** Calls that brought nothing, in a row, after which a person has to look. */
const FRUITLESS_AT_MOST = 5;
const pauseMs = doubling(10_000, 160_000);
/** A person may raise a cap, and calls under way may give something back. */
const CAP_RAISED_MS = 30_000;
const SETTLED_MS = 5000;
/** So many of its refused ideas it is told of. */
const REFUSED_TOLD = 20;

export interface CommandParts {
  readonly command: string;
  /** What it is started by, so that it can read less; `own`: the folder that it may write. */
  readonly behind: (own: string) => readonly string[];
  /** All that it gets of the controller's environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  /** Reserved for a call, and the most that it counts for. */
  readonly usdPerCall: number;
  /** Ideas that one call is asked for, and calls at a time, at most. */
  readonly ideasPerCall: number;
  readonly parallel: number;
  readonly budget: Budget;
  readonly check: FileCheck;
  readonly clock: Clock;
  readonly prepare: string;
  readonly program: () => Promise<string>;
  /** Hears what a person should know of a call that was not as it should be. */
  readonly told: (sentence: string) => void;
}

/** What came of a call: usable answers, and where there are none, why. */
type CallResult =
  | { readonly kind: 'answered' }
  | { readonly kind: 'fruitless'; readonly sentence: string }
  | { readonly kind: 'unpaid'; readonly sentence: string; readonly afterMs: number | null };

export class CommandProposer implements Proposer {
  readonly #parts: CommandParts;
  #fruitless = 0;
  #refused: RefusedIdea[] = [];
  #told = '';
  /** Calls that are under way, of whatever request: in a mix there are several. */
  readonly #running = new Set<Promise<unknown>>();
  /** Ideas that were handed over and not seen again yet. */
  #handed: Idea[] = [];

  constructor(parts: CommandParts) {
    this.#parts = parts;
  }

  async propose(
    brief: Brief,
    count: number,
    signal: AbortSignal,
    here?: (idea: Idea) => void,
  ): Promise<Proposed> {
    signal.throwIfAborted();
    const { check, parallel, ideasPerCall } = this.#parts;
    await check.begin(brief);
    this.#seeAgain(brief);
    while (this.#running.size >= parallel) await Promise.race(this.#running).catch(() => {});
    signal.throwIfAborted();
    const calls = Math.min(parallel - this.#running.size, Math.ceil(count / ideasPerCall));
    const each = Math.min(ideasPerCall, Math.ceil(count / calls));
    const ideas: Idea[] = [];
    let left = count;
    const take = ({ description, hypothesis, trainPy, usd }: UsableAnswer, seconds: number) => {
      const cost = { model: 'command', calls: 1, ...noUsage, usd, seconds };
      const made = { description, hypothesis, trainPy, base: brief.tip, stackOf: null, cost };
      const idea: Idea = { ...made, source: 'command' };
      this.#handed.push(idea);
      left--;
      if (here) here(idea);
      else ideas.push(idea);
    };
    const begun = this.#fruitless;
    const ideasOf = () => {
      const call = this.#ideas(brief, each, take, signal).finally(() => this.#running.delete(call));
      this.#running.add(call);
      return call;
    };
    const called = await siblings(Array.from({ length: calls }, ideasOf));
    if (left < count) {
      this.#fruitless = 0;
      this.#told = '';
      return { kind: 'ideas', ideas };
    }
    return this.#none(called[0]!, begun);
  }

  async fix(brief: FixBrief, signal: AbortSignal): Promise<string | null> {
    signal.throwIfAborted();
    const { check, prepare, program } = this.#parts;
    const { experiment, trainPy } = brief;
    const inputs = { prepare, program: await program() };
    let repaired: string | null = null;
    const task: Task = {
      what: { purpose: 'fix', experiment },
      count: 1,
      trainPy,
      scratch: () => scratchForFix(tmpdir(), brief, inputs, this.#asked()),
      inspect: (text) => check.repair(text, trainPy, prepare, experiment),
    };
    const called = await this.#call(
      task,
      (taken) => {
        repaired = taken.trainPy;
      },
      signal,
    );
    if (called.kind === 'fruitless') this.#parts.told(called.sentence);
    return repaired;
  }

  #ideas(
    brief: Brief,
    count: number,
    take: (taken: UsableAnswer, seconds: number) => void,
    signal: AbortSignal,
  ): Promise<CallResult> {
    const task: Task = {
      what: { purpose: 'propose', experiment: null },
      count,
      trainPy: brief.trainPy,
      scratch: () => scratchForIdeas(tmpdir(), brief, count, this.#asked()),
      inspect: (trainPy) => this.#parts.check.idea(trainPy, brief),
    };
    return this.#call(task, take, signal);
  }

  #asked() {
    const { usdPerCall, deadlineMs } = this.#parts;
    return { usd: usdPerCall, seconds: deadlineMs / 1000, refused: this.#refused };
  }

  async #call(
    task: Task,
    take: (taken: UsableAnswer, seconds: number) => void,
    signal: AbortSignal,
  ): Promise<CallResult> {
    const { budget, clock, usdPerCall } = this.#parts;
    const most = { nanoUsd: nanoUsd(usdPerCall), tokens: 0, model: 'command', atMs: clock.now() };
    const reserved = await budget.reserve({ ...task.what, ...most });
    if (reserved.kind === 'refused') {
      const { sentence, others, passing } = reserved;
      const afterMs = others ? SETTLED_MS : passing ? CAP_RAISED_MS : null;
      return { kind: 'unpaid', sentence, afterMs };
    }
    const { reservation } = reserved;
    const call = new AgentCall(task, take, usdPerCall, clock);
    try {
      const end = await this.#run(task, call, signal);
      for (const refused of call.refused) this.#remember(refused);
      const known = end.kind === 'exited' && end.code === 0;
      const outcome = known ? 'answered' : end.kind === 'exited' ? 'failed' : end.kind;
      // Of one that did not end well nobody knows what it used.
      const used = known || end.kind === 'unstartable' ? Math.min(call.saidUsd, usdPerCall) : usdPerCall;
      const nano = Math.min(reservation.nanoUsd, nanoUsd(used));
      await budget.settle(reservation, { usage: noUsage, nanoUsd: nano, seconds: call.seconds, outcome });
      if (call.refused.length > 0) await budget.refused(reservation, call.refused, '');
      if (call.saidUsd > usdPerCall) this.#tellOnce(overspent(call.saidUsd, usdPerCall));
      if (call.taken > 0) return { kind: 'answered' };
      return { kind: 'fruitless', sentence: whyFruitless(end, call, this.#parts.deadlineMs) };
    } catch (error) {
      await budget.settle(reservation, null);
      throw error;
    }
  }

  async #run(task: Task, call: AgentCall, signal: AbortSignal): Promise<AgentEnd> {
    const { command, behind, env, deadlineMs, clock } = this.#parts;
    const scratch = await task.scratch();
    try {
      const options = { command, behind: behind(scratch.folder), deadlineMs, clock };
      const surroundings = { ...options, env: { ...env, ...scratch.env } };
      const answer = (line: string) => call.hear(line, scratch);
      return await runAgent(surroundings, scratch.folder, scratch.brief, answer, signal);
    } finally {
      await scratch.remove();
    }
  }

  #remember(refused: RefusedIdea): void {
    this.#refused = [...this.#refused, refused].slice(-REFUSED_TOLD);
  }

  /** Of ideas that neither wait nor were tried it is told that they came to nothing. */
  #seeAgain({ ready, open, past }: Brief): void {
    const seen = new Set([
      ...ready.map((idea) => seenAs(idea.description)),
      ...open.map(seenAs),
      ...past.map((one) => seenAs(one.description)),
    ]);
    const sentence = 'it was not measured: it no longer applied to the frontier, or its machine failed';
    for (const { description } of this.#handed)
      if (!seen.has(seenAs(description))) this.#remember({ description, reason: 'dropped', sentence });
    this.#handed = [];
  }

  #none(called: CallResult, begun: number): Proposed {
    if (called.kind === 'answered') throw new Error('there is an idea');
    const { sentence } = called;
    if (called.kind === 'unpaid') {
      const { afterMs } = called;
      const why: NoMoreIdeas = 'limit';
      return afterMs === null
        ? { kind: 'none', sentence, retry: false, why }
        : { kind: 'none', sentence, retry: true, afterMs };
    }
    // Of requests that ran side by side, one counts for all.
    if (begun === this.#fruitless) this.#fruitless++;
    if (this.#fruitless >= FRUITLESS_AT_MOST)
      return { kind: 'none', sentence, retry: false, why: 'misconfigured' };
    return { kind: 'none', sentence, retry: true, afterMs: pauseMs(this.#fruitless) };
  }

  #tellOnce(sentence: string): void {
    if (sentence === this.#told) return;
    this.#told = sentence;
    this.#parts.told(sentence);
  }
}

/** A description is cut and cleaned where it is stored. */
function seenAs(description: string): string {
  return plainLine(description, 100);
}
