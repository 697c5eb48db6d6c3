// A while in which something is let be, on a clock that may be set back meanwhile.

export interface Cooldown {
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** One that is over. */
export const noCooldown: Cooldown = { sinceMs: 0, untilMs: 0 };

export function cooldownFrom(nowMs: number, ms: number): Cooldown {
  return { sinceMs: nowMs, untilMs: nowMs + ms };
}

/**
 * Milliseconds that are left of it, 0 where it is over. That it is before its own beginning, too: the clock was set back,
 * and nobody knows how long ago; otherwise a wait of seconds would last as long as the step.
 */
export function leftMs({ sinceMs, untilMs }: Cooldown, nowMs: number): number {
  return nowMs < sinceMs ? 0 : Math.max(0, untilMs - nowMs);
}
