// Why a call got no answer, and whether asking again can help.
import type { NoMoreIdeas } from '../core/idea.ts';

/** `retry` where asking later can help, then after `afterMs`; where it cannot, `why`. */
export interface Unanswered {
  readonly kind: 'unanswered';
  readonly sentence: string;
  readonly retry: boolean;
  readonly afterMs: number;
  readonly why: NoMoreIdeas;
  /** Another model may answer all the same. */
  readonly ofModel: boolean;
}

export function later(sentence: string, afterMs: number): Unanswered {
  return { kind: 'unanswered', sentence, retry: true, afterMs, why: 'exhausted', ofModel: false };
}

export function never(sentence: string, why: NoMoreIdeas, ofModel = false): Unanswered {
  return { kind: 'unanswered', sentence, retry: false, afterMs: 0, why, ofModel };
}
