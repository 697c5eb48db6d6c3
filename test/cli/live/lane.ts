// A lane as its screen is told of it.
import type { Decision } from '../../../controller/core/decision.ts';
import type { World } from '../../../controller/core/world.ts';
import { decisionDraft } from '../../bench/restart.ts';
import { lane, run, standing, world } from '../../core/trials.ts';

interface Seen {
  readonly decided: number;
  readonly best?: number;
  readonly experiments?: number;
  /** A cap that a person gave while it ran. */
  readonly byHand?: number;
  /** Of the one run under way. */
  readonly phase?: string;
  readonly spentUsd?: number;
}

export function aWorld({ decided, best = 1, experiments, byHand, phase, spentUsd = 0 }: Seen): World {
  const shown = world({
    decided,
    spentUsd,
    tip: { ...standing(best), bpb: best },
    lane: {
      clocks: { ...lane.clocks, budgetSeconds: 5 },
      limits: { ...lane.limits, experiments: experiments ?? null },
    },
    runs:
      phase === undefined
        ? []
        : [{ ...run('000001', 1, 'running'), state: { kind: 'running', sinceMs: 0, phase } }],
  });
  const limits = { ...shown.control.limits, experiments: byHand ?? null };
  return { ...shown, control: { ...shown.control, limits } };
}

export function aDecision(experiment: string, status: Decision['status'], valBpb: number | null): Decision {
  return { ...decisionDraft(1, null, 1), commit: '0'.repeat(40), seq: 1, experiment, status, valBpb };
}
