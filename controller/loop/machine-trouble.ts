// What the machine lacks is a state of the machine and not the end of an idea. Runs that are lost for one cause in a row
// are tried again after waits that grow, and nothing new is begun or asked for meanwhile.
import type { Decision } from '../core/decision.ts';
import type { AttemptResult, Verdict } from '../core/verdict.ts';
import { blamedByLog } from '../core/verdict.ts';
import type { Clock } from '../ports.ts';
import { stepwise } from '../std/backoff.ts';
import { type Cooldown, cooldownFrom, leftMs, noCooldown } from '../std/cooldown.ts';
import type { Observer } from './observer.ts';
import type { NodeFaults } from './turn/node-faults.ts';

const waitMs = stepwise(15_000, 60_000, 300_000, 900_000);

/** So many experiments in a row may be lost: then the next one is tried until it comes to its own end. */
const LOST_IN_A_ROW = 3;

/** For the verdicts of one turn: how many more may be losses follows from Decisions alone, so a restart knows it. */
export function mayEndLost(decisions: readonly Decision[]): (verdict: Pick<Verdict, 'reason'>) => boolean {
  let row = decisions.length - 1 - decisions.findLastIndex(({ reason }) => reason !== 'lost');
  return ({ reason }) => reason !== 'lost' || ++row <= LOST_IN_A_ROW;
}

interface TroubledLane {
  readonly lane: { readonly name: string };
  readonly observer: Observer;
  readonly clock: Pick<Clock, 'now'>;
  readonly nodes?: NodeFaults | undefined;
  readonly patience?: number;
}

export class MachineTrouble {
  readonly #context: TroubledLane;
  /** Nothing is launched, allocated or asked for meanwhile. */
  cooldown: Cooldown = noCooldown;
  /** How often the lane has waited since a run last came to its own end. */
  #waits = 0;
  /** The cause of the last loss, where no run has come to its own end since. */
  #cause: string | null = null;

  constructor(context: TroubledLane) {
    this.#context = context;
  }

  /** Takes in how an attempt ended, and tells where the lane waits for the machine, or runs avoid a node, from now on. */
  ended(experiment: string, result: AttemptResult): { reason: 'machine'; sentence: string } | null {
    const { lane, nodes, observer, clock, patience = Number.POSITIVE_INFINITY } = this.#context;
    const { node, sentence } = result.outcome;
    const avoided = nodes?.ended(lane.name, experiment, result, clock.now());
    if (avoided) observer.happened({ kind: 'avoided', node, sentence: avoided });
    const held = this.#holds(result, clock.now());
    if (held === null) return null;
    if (this.#waits > patience) return { reason: 'machine', sentence };
    observer.happened({ kind: 'held', sentence: held, by: 'machine' });
    return null;
  }

  #holds({ outcome }: AttemptResult, nowMs: number): string | null {
    const { kind, reason, sentence } = outcome;
    if (kind !== 'lost') {
      this.cooldown = noCooldown;
      this.#waits = 0;
      this.#cause = null;
      return null;
    }
    // A train.py can print any words.
    if (blamedByLog(outcome)) return null;
    const again = this.#cause === reason;
    this.#cause = reason;
    // Those that ran side by side are lost together: they are one trouble.
    if (!again || leftMs(this.cooldown, nowMs) > 0) return null;
    const ms = waitMs(this.#waits++);
    this.cooldown = cooldownFrom(nowMs, ms);
    return `the machine loses every run (${reason}), so the lane waits ${ms / 1000} s: ${sentence}`;
  }
}
