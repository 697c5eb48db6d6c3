// Caps on what calls may cost, and why another call must not be made.
import { raising } from '../core/caps.ts';

/** Caps that are never passed (I8); null means no cap. */
export interface SpendCaps {
  /** The lane's own. */
  readonly nanoUsd: number;
  readonly tokens: number | null;
  /** A person's, while the lane runs: it may be another one in a moment. */
  readonly controlNanoUsd?: number | null;
}

/** The tighter cap of dollars, in nano-dollars. */
export function capOf({ nanoUsd, controlNanoUsd }: SpendCaps): number {
  return Math.min(nanoUsd, controlNanoUsd ?? Number.POSITIVE_INFINITY);
}

/** Why a call must not be made. `passing`: a person's hand forbids it, or may, and may allow it in a moment. */
export interface Refused {
  readonly sentence: string;
  readonly passing: boolean;
}

/** What is spent or may yet turn out to be. */
export interface Spent {
  readonly nanoUsd: number;
  readonly tokens: number;
}

/** What the caps leave; no cap leaves more than anything. */
export function leftOf(spent: Spent, caps: SpendCaps): Spent {
  const tokens = caps.tokens === null ? Number.POSITIVE_INFINITY : caps.tokens - spent.tokens;
  return { nanoUsd: capOf(caps) - spent.nanoUsd, tokens };
}

/** Why another call must not be made, or null where it may. Ends with what to do. */
export function refuseCall(spent: Spent, most: Spent, caps: SpendCaps): Refused | null {
  const nanoUsd = spent.nanoUsd + most.nanoUsd;
  const over = (cap: number) => {
    const [at, used, next] = [cap, spent.nanoUsd, most.nanoUsd].map((nano) => (nano / 1e9).toFixed(2));
    return `${used} of at most ${at} USD are spent, and another call may cost ${next}`;
  };
  if (nanoUsd > caps.nanoUsd)
    return { sentence: `${over(caps.nanoUsd)}; ${raising('usd', null, null)}`, passing: false };
  if (caps.tokens !== null && spent.tokens + most.tokens > caps.tokens) {
    const sentence = `${spent.tokens} of at most ${caps.tokens} tokens are used, and another call may use ${most.tokens}; raise proposer.maxTokens to go on`;
    return { sentence, passing: false };
  }
  const cap = capOf(caps);
  if (nanoUsd > cap) return { sentence: `${over(cap)}; ${raising('usd', null, cap)}`, passing: true };
  return null;
}
