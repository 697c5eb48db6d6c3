// One controller process: runLane on tapped ports, until it stops, is killed, or the world ends.
import type { Lane } from '../../controller/core/experiment.ts';
import type { World } from '../../controller/core/world.ts';
import type { LaneContext, Stop } from '../../controller/loop/context.ts';
import { runLane } from '../../controller/loop/loop.ts';
import type { LaneEvent } from '../../controller/loop/observer.ts';
import { LifeClock, type Time } from './clock.ts';
import { type Call, type Intercept, never, type Parts, tapped } from './tap.ts';

/** What may be done to a call: before its effect, and after it. Throwing is one of the things; killing another. */
export type Mischief = (life: Life, call: Call, when: 'before' | 'after') => Promise<void> | void;

export interface Surroundings {
  readonly time: Time;
  /** Everything but what a life has for itself: its clock and its watcher. */
  readonly parts: (lane?: Partial<Lane>) => Omit<Parts, 'clock' | 'observer'>;
  readonly mischief: Mischief;
  readonly happened: (life: Life, event: LaneEvent) => void;
  readonly turn: (life: Life, world: World) => void;
  readonly stopped: (life: Life, stop: Stop) => void;
}

export class Life {
  readonly clock: LifeClock;
  readonly context: LaneContext;
  stop: Stop | null = null;
  dead = false;
  /** What runLane threw, which it never should. */
  thrown: unknown = null;
  /** Calls that are under way and are no sleep. */
  busy = 0;
  /** What it saw last. */
  world: World | null = null;
  readonly #ending = new AbortController();
  #wake = () => {};

  constructor({ time, parts, mischief, happened, turn, stopped }: Surroundings, lane?: Partial<Lane>) {
    this.clock = new LifeClock(time);
    const observer = {
      happened: (event: LaneEvent) => {
        if (!this.dead) happened(this, event);
      },
      turn: (world: World) => {
        this.world = world;
        turn(this, world);
      },
    };
    const intercept: Intercept = async (call, effect) => {
      if (this.dead) return never();
      if (call.port === 'clock') return this.#alive(await effect());
      this.busy++;
      try {
        await mischief(this, call, 'before');
        if (this.dead) return await never();
        const answer = await effect();
        if (this.dead) return await never();
        await mischief(this, call, 'after');
        return await this.#alive(answer);
      } finally {
        this.busy--;
      }
    };
    this.context = tapped({ ...parts(lane), clock: this.clock, observer }, intercept);
    runLane(this.context, this.#ending.signal, (wake) => {
      this.#wake = wake;
    }).then(
      (stop) => {
        this.stop = stop;
        stopped(this, stop);
      },
      (error) => {
        this.thrown = error;
      },
    );
  }

  get living(): boolean {
    return !this.dead && this.stop === null && this.thrown === null;
  }

  /** Waits for a run, an idea or a person. */
  get idle(): boolean {
    return this.living && this.busy === 0;
  }

  wake(): void {
    if (this.living) this.#wake();
  }

  /** Nothing that it awaits is ever answered: all its memory is gone. */
  kill(): void {
    this.dead = true;
    this.clock.stop();
  }

  /** Ctrl-C. */
  end(): void {
    this.#ending.abort();
  }

  #alive<T>(answer: T): T | Promise<T> {
    return this.dead ? never() : answer;
  }
}
