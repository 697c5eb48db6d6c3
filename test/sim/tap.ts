// Every call from the loop to the outside world, led through one place where it can be held, failed or never answered.
import type { LaneContext } from '../../controller/loop/context.ts';

export interface Call {
  readonly port: 'store' | 'frontier' | 'executor' | 'proposer' | 'clock' | 'brought' | 'loop';
  readonly method: string;
  readonly args: readonly unknown[];
}

/** Runs the effect, or does something else to the caller. */
export type Intercept = <T>(call: Call, effect: () => Promise<T>) => Promise<T>;

/** Parts of a loop before they are put together; `publish` is given the tapped store. */
export type Parts = Omit<LaneContext, 'publish'> & {
  readonly publish: (store: LaneContext['store']) => LaneContext['publish'];
};

/** The loop whose every call goes through `intercept`. */
export function tapped(parts: Parts, intercept: Intercept): LaneContext {
  const { lane, clock, inputs, observer, pollMs } = parts;
  const store = through('store', parts.store, intercept);
  return {
    lane,
    store,
    frontier: through('frontier', parts.frontier, intercept),
    executor: through('executor', parts.executor, intercept),
    proposer: through('proposer', parts.proposer, intercept),
    clock: {
      now: () => clock.now(),
      sleep: (ms, signal) =>
        intercept({ port: 'clock', method: 'sleep', args: [ms] }, () => clock.sleep(ms, signal)),
    },
    inputs: {
      ...inputs,
      program: () => intercept({ port: 'brought', method: 'program', args: [] }, () => inputs.program()),
    },
    observer,
    publish: parts.publish(store),
    spentUsd: () => intercept({ port: 'loop', method: 'spentUsd', args: [] }, () => parts.spentUsd()),
    pollMs,
  };
}

function through<T extends object>(port: Call['port'], target: T, intercept: Intercept): T {
  return new Proxy(target, {
    get(inner, method) {
      const member: unknown = Reflect.get(inner, method);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) =>
        intercept({ port, method: String(method), args }, async () => member.apply(inner, args));
    },
  });
}

/** A promise of its own for each caller that is never answered: a shared one would hold on to all of them. */
export function never<T>(): Promise<T> {
  return new Promise(() => {});
}

/** `store.get main/control.json`: a call in words. */
export function inWords({ port, method, args }: Call): string {
  const [first] = args;
  const of =
    typeof first === 'string' ? first : first && typeof first === 'object' ? nameOf(first as object) : '';
  return `${port}.${method} ${of}`.trim();
}

function nameOf(argument: object): string {
  const { experiment, attempt } = argument as { experiment?: string; attempt?: number };
  return [experiment, attempt].filter((part) => part !== undefined).join('/');
}
