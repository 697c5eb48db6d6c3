// What the rows say about the research: how fast it gains, where it is stuck, why it crashes.
import type { Decision } from '../core/decision.ts';

interface Trend {
  readonly experiments: number;
  readonly kept: number;
  readonly discarded: number;
  readonly crashed: number;
  readonly baselineBpb: number | null;
  readonly bestBpb: number | null;
  /** Machine hours of everything that is decided. */
  readonly hours: number;
  /** Fall of the frontier per machine hour; null before anything ran. */
  readonly gainPerHour: number | null;
  /** Keeps beyond the baseline over decided experiments beyond it. */
  readonly keepRate: number | null;
  /** Experiments decided since the last keep. */
  readonly plateau: number;
  /** How often each error word ended an experiment, most frequent first. */
  readonly crashes: readonly (readonly [string, number])[];
}

/** The trend of a lane's decisions, which stand in order. */
export function trendOf(
  decisions: readonly Pick<Decision, 'status' | 'valBpb' | 'spentSeconds' | 'error'>[],
): Trend {
  const kept = decisions.filter((d) => d.status === 'keep');
  const crashed = decisions.filter((d) => d.status === 'crash');
  const baselineBpb = kept[0]?.valBpb ?? null;
  const bestBpb = kept.at(-1)?.valBpb ?? null;
  const hours = decisions.reduce((sum, d) => sum + d.spentSeconds, 0) / 3600;
  const tried = decisions.length - 1;
  const causes = new Map<string, number>();
  for (const { error } of crashed) causes.set(error, (causes.get(error) ?? 0) + 1);
  return {
    experiments: Math.max(0, tried),
    kept: Math.max(0, kept.length - 1),
    discarded: decisions.filter((d) => d.status === 'discard').length,
    crashed: crashed.length,
    baselineBpb,
    bestBpb,
    hours,
    gainPerHour:
      baselineBpb !== null && bestBpb !== null && hours > 0 ? (baselineBpb - bestBpb) / hours : null,
    keepRate: tried > 0 ? (kept.length - 1) / tried : null,
    plateau: decisions.length - 1 - decisions.findLastIndex((d) => d.status === 'keep'),
    crashes: [...causes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)),
  };
}
