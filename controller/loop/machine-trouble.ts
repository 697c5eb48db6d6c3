// What the machine lacks is a state of the machine and not the end of an idea. Runs that are lost for one cause in a row
// are tried again after waits that grow, and nothing new is begun or asked for meanwhile.
import type { AttemptResult } from '../core/verdict.ts';
import { blamedByLog } from '../core/verdict.ts';
import { stepwise } from '../std/backoff.ts';
import { type Cooldown, cooldownFrom, leftMs, noCooldown } from '../std/cooldown.ts';

const waitMs = stepwise(15_000, 60_000, 300_000, 900_000);

export class MachineTrouble {
  /** Nothing is launched, allocated or asked for meanwhile. */
  cooldown: Cooldown = noCooldown;
  /** How often the lane has waited since a run last came to its own end. */
  waits = 0;
  /** The cause of the last loss, where no run has come to its own end since. */
  #cause: string | null = null;

  /** Takes in how an attempt ended. A sentence where the lane waits for the machine from now on. */
  ended({ outcome }: AttemptResult, nowMs: number): string | null {
    const { kind, reason, sentence } = outcome;
    if (kind !== 'lost') {
      this.cooldown = noCooldown;
      this.waits = 0;
      this.#cause = null;
      return null;
    }
    // A train.py can print any words.
    if (blamedByLog(outcome)) return null;
    const again = this.#cause === reason;
    this.#cause = reason;
    // Those that ran side by side are lost together: they are one trouble.
    if (!again || leftMs(this.cooldown, nowMs) > 0) return null;
    const ms = waitMs(this.waits++);
    this.cooldown = cooldownFrom(nowMs, ms);
    return `the machine loses every run (${reason}), so the lane waits ${ms / 1000} s: ${sentence}`;
  }
}
