// I9: the end of a lane in a form that an undisturbed twin must share.
import { keys } from '../../controller/core/keys.ts';
import { type Row, rowOf } from '../../controller/report/results-tsv.ts';
import { Violation } from './auditor.ts';
import { planOf, undisturbed } from './plan.ts';
import { Simulation } from './simulation.ts';

/** Runs the seed, and its twin where it has one; the simulation as it ended. Throws the Violation that it meets. */
export async function live(seed: number, width?: number): Promise<Simulation> {
  const plan = planOf(seed, width);
  const disturbed = new Simulation(plan);
  await disturbed.run();
  if (plan.weather === 'storm') return disturbed;
  const twin = new Simulation(undisturbed(plan));
  await twin.run();
  const [ours, theirs] = [await endOf(disturbed), await endOf(twin)];
  disturbed.auditor.count('twins compared');
  disturbed.auditor.count('experiments of twins', twin.auditor.trials.size);
  for (let i = 0; i < Math.max(ours.length, theirs.length); i++)
    if (ours[i] !== theirs[i])
      throw new Violation(`I9: line ${i} is\n${ours[i]}\nand undisturbed\n${theirs[i]}`);
  return disturbed;
}

/** Rows with all that a kill may not change; what it may change is left out. */
async function endOf(simulation: Simulation): Promise<string[]> {
  const { plan, store } = simulation;
  const ledger = await simulation.reread();
  const experimentOf = (commit: string | null) =>
    ledger.kept.find(({ decision }) => decision.commit === commit)?.decision.experiment ?? '-';
  const lines = ledger.decisions.map((decision) => {
    const row: Partial<Row> = { ...rowOf(decision), parent: experimentOf(decision.base), commit: '' };
    // A node that vanishes while nobody watches may cost an attempt, and waiting takes time.
    if (plan.weather === 'narrow') Object.assign(row, { attempts: '', timestamp: '', wall_seconds: '' });
    return JSON.stringify([Object.values(row), decision.reason, experimentOf(decision.tip), decision.seq]);
  });
  if (plan.weather === 'calm') {
    for (const { experiment } of ledger.decisions) {
      const files = await store.list(keys.attempts(plan.lane.name, experiment));
      lines.push(`${experiment}: ${files}`);
    }
  }
  return [...lines, `open: ${[...ledger.open.keys()].sort()}`];
}
