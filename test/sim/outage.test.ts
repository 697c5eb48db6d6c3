// A machine that stays broken, and comes back: minutes or days later nothing of the lane is used up.
import { expect, test } from 'vitest';
import { type Plan, planOf, START_MS, undisturbed } from './plan.ts';
import { Simulation } from './simulation.ts';

const HOUR_MS = 3_600_000;

function broken(width: number, fromMs: number, untilMs: number): Plan {
  const plan = undisturbed(planOf(7));
  const none = Object.fromEntries(Object.keys(plan.rates).map((rate) => [rate, 0]));
  return {
    ...plan,
    lane: { ...plan.lane, width, confirm: 0, limits: { experiments: 12, gpuHours: null, usd: null } },
    rates: none as unknown as Plan['rates'],
    tries: [],
    pauses: [],
    otherGpuAtMs: null,
    pushAtMs: null,
    outage: { fromMs: START_MS + fromMs, untilMs: START_MS + untilMs },
  };
}

test.each([
  ['a minute', 1 / 60],
  ['an hour', 1],
  ['a day', 24],
])('broken for %s, it decides nothing, and takes at most one id', async (_, hours) => {
  const simulation = new Simulation(broken(1, HOUR_MS, (1 + hours) * HOUR_MS));
  await simulation.run();
  const { decisions } = await simulation.reread();
  expect(decisions).toHaveLength(13);
  expect(decisions.filter(({ error }) => error.startsWith('lost:'))).toEqual([]);
  const during = decisions.filter(({ timestampMs }) => {
    const afterMs = timestampMs - START_MS - HOUR_MS;
    return afterMs > 10 * 60_000 && afterMs < hours * HOUR_MS;
  });
  expect(during).toEqual([]);
  const tried = [...simulation.auditor.trials.values()].filter((trial) =>
    trial.tried.some(({ outcome }) => outcome.reason === 'disk'),
  );
  expect(tried.length).toBeLessThanOrEqual(1);
});

test('broken from the beginning, it has its baseline once the machine is well', async () => {
  const simulation = new Simulation(broken(4, 0, 48 * HOUR_MS));
  await simulation.run();
  const { decisions } = await simulation.reread();
  expect(decisions[0]).toMatchObject({ experiment: '000000', status: 'keep' });
  expect(decisions).toHaveLength(13);
});
