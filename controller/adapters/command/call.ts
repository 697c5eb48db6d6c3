// One call of a command: what it said, what of that is usable, and what it says it cost.
import type { Idea } from '../../core/idea.ts';
import { nanoUsd, usdOf } from '../../core/money.ts';
import type { Reservation } from '../../core/spend.ts';
import type { FileCheck } from '../../llm/file-check.ts';
import type { RefusedIdea } from '../../llm/refused-log.ts';
import type { Clock } from '../../ports.ts';
import { plainLine } from '../../std/text.ts';
import type { AgentEnd } from './agent.ts';
import { readLine } from './answers.ts';
import type { Scratch } from './scratch.ts';

/** A usable answer. */
export type UsableAnswer = Pick<Idea, 'description' | 'hypothesis' | 'trainPy'> & { readonly usd: number };

export interface Task {
  readonly what: Pick<Reservation, 'purpose' | 'experiment'>;
  readonly count: number;
  readonly trainPy: string;
  readonly scratch: () => Promise<Scratch>;
  readonly inspect: (trainPy: string) => ReturnType<FileCheck['idea']>;
}

/** What one call has said so far. */
export class AgentCall {
  saidUsd = 0;
  taken = 0;
  chatter = 0;
  firstChatter = '';
  readonly refused: RefusedIdea[] = [];
  readonly #task: Task;
  readonly #take: (taken: UsableAnswer, seconds: number) => void;
  readonly #usdPerCall: number;
  readonly #clock: Clock;
  readonly #beganMs: number;
  #answers = 0;

  constructor(
    task: Task,
    take: (taken: UsableAnswer, seconds: number) => void,
    usdPerCall: number,
    clock: Clock,
  ) {
    this.#task = task;
    this.#take = take;
    this.#usdPerCall = usdPerCall;
    this.#clock = clock;
    this.#beganMs = clock.now();
  }

  get seconds(): number {
    return Math.max(0, (this.#clock.now() - this.#beganMs) / 1000);
  }

  /** What is said to a line: null where nothing more is wanted, '' where it was no answer. */
  async hear(line: string, scratch: Scratch): Promise<string | null> {
    const said = await readLine(line, this.#task.trainPy, () => scratch.trainPy());
    if (said.kind === 'chatter') {
      this.chatter++;
      this.firstChatter ||= line;
      return '';
    }
    const before = this.saidUsd;
    this.saidUsd += said.usd;
    if (said.kind === 'cost') return '';
    const answer = ++this.#answers;
    if (this.taken >= this.#task.count) return null;
    const refusal = said.kind === 'refused' ? said : await this.#task.inspect(said.trainPy);
    if (said.kind === 'idea' && refusal === null) {
      const usd = Math.max(0, Math.min(said.usd, this.#usdPerCall - before));
      this.#take({ ...said, usd: usdOf(nanoUsd(usd)) }, this.seconds);
      this.taken++;
      return this.taken < this.#task.count ? JSON.stringify({ answer, usable: true }) : null;
    }
    const { reason, sentence } = refusal!;
    this.refused.push({ description: said.description, reason, sentence });
    return JSON.stringify({ answer, usable: false, reason, sentence });
  }
}

export function overspent(said: number, most: number): string {
  return `the command told of ${said.toFixed(2)} USD for a call, and ${most.toFixed(2)} are counted; raise usdPerCall to what a call may cost`;
}

/** Why a call brought nothing; ends with what to do. */
export function whyFruitless(end: AgentEnd, call: AgentCall, deadlineMs: number): string {
  const why = endOf(end, deadlineMs);
  const last = call.refused.at(-1);
  if (last) return `no answer of the command could be used; the last because ${last.sentence}`;
  const printed = plainLine(call.firstChatter, 80);
  if (call.chatter > 0)
    return `${why} and answered with no line of JSON (it printed ${JSON.stringify(printed)}); print each idea as one object in a line`;
  const said = plainLine(end.errors.trim().split('\n').at(-1) ?? '', 160);
  return `${why} and said nothing${said === '' ? '' : ` but ${JSON.stringify(said)}`}; run it by hand in a folder with the files that docs/proposers.md names`;
}

function endOf({ kind, code }: AgentEnd, deadlineMs: number): string {
  if (kind === 'unstartable') return 'the command could not be started';
  if (kind === 'deadline') return `the command was ended after ${deadlineMs / 1000} s`;
  if (kind === 'flood') return 'the command was ended, for it wrote more than anybody reads,';
  return code === null ? 'the command was killed' : `the command ended with exit code ${code}`;
}
