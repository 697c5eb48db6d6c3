// What others write into a lane's store while we work on it: a person's hand, and proposals that are not ours.
import { type Control, controlSchema, noControl } from '../core/control.ts';
import type { Action } from '../core/decide.ts';
import { keys } from '../core/keys.ts';
import type { Clock, Store } from '../ports.ts';
import { cooldownFrom, leftMs, noCooldown } from '../std/cooldown.ts';
import { decode } from '../std/json.ts';
import type { Ledger } from './ledger.ts';

/** Turns that follow one another at once share a look that is at most this old. */
const LOOK_MS = 1000;
/** What somebody may have forbidden, or made needless, a moment ago: done only in a turn that has looked. */
const REVOCABLE: ReadonlySet<Action['kind']> = new Set(['launch', 'propose', 'stop']);

export class OutsideChanges {
  readonly #store: Store;
  readonly #lane: string;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #blocked: (sentence: string) => void;
  /** Meanwhile the last look is good enough. */
  #lookCooldown = noCooldown;
  #fresh = false;
  #control: Control = noControl;

  /** `blocked`: told why the lane is paused where its control.json cannot be read. */
  constructor(store: Store, lane: string, clock: Pick<Clock, 'now'>, blocked: (sentence: string) => void) {
    this.#store = store;
    this.#lane = lane;
    this.#clock = clock;
    this.#blocked = blocked;
  }

  /** As of the last look. */
  get control(): Control {
    return this.#control;
  }

  /** Brings `ledger` and `control` up to date, unless they were a moment ago. */
  async look(ledger: Ledger): Promise<void> {
    this.#fresh = leftMs(this.#lookCooldown, this.#clock.now()) === 0;
    if (!this.#fresh) return;
    this.#lookCooldown = cooldownFrom(this.#clock.now(), LOOK_MS);
    const proposals = async () => {
      while (await ledger.discover());
    };
    const [{ control, trouble }] = await Promise.all([readControl(this.#store, this.#lane), proposals()]);
    this.#control = control;
    if (trouble) this.#blocked(trouble);
  }

  /** Whether what the last look saw is good enough for these; where it is not, the next look is a new one. */
  allow(actions: readonly Action[]): boolean {
    const allowed = this.#fresh || !actions.some(({ kind }) => REVOCABLE.has(kind));
    if (!allowed) this.expire();
    return allowed;
  }

  /** Time has passed: the next look is a new one. */
  expire(): void {
    this.#lookCooldown = noCooldown;
  }
}

/** The human's hand; a control.json that cannot be read pauses the lane, for it may have said so. */
export async function readControl(
  store: Store,
  lane: string,
): Promise<{ control: Control; trouble: string | null }> {
  const bytes = await store.get(keys.control(lane));
  if (!bytes) return { control: noControl, trouble: null };
  try {
    return { control: controlSchema.parse(decode(bytes)), trouble: null };
  } catch (e) {
    const why = e instanceof Error ? e.message.split('\n')[0] : String(e);
    const trouble = `control.json cannot be read (${why}): the lane is paused; write it again with autoresearch resume`;
    return { control: { ...noControl, paused: true }, trouble };
  }
}
