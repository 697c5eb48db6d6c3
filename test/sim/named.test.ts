// The races that matter most, each played once on purpose.
import { expect, it } from 'vitest';
import type { Lane } from '../../controller/core/experiment.ts';
import { keys } from '../../controller/core/keys.ts';
import { sha256Hex } from '../../controller/intent.ts';
import type { Proposer } from '../../controller/ports.ts';
import { rowOf } from '../../controller/report/results-tsv.ts';
import type { Life, Mischief } from './life.ts';
import { type Plan, planOf, undisturbed } from './plan.ts';
import { Simulation } from './simulation.ts';
import { type Call, inWords } from './tap.ts';
import { fileOf, KNOBS, metricOf, VALUES } from './trainer.ts';

const WORLD = 7;

/** A plan in which nothing goes wrong by itself. */
function planWith(lane: Partial<Lane>, rates: Partial<Plan['rates']> = {}): Plan {
  const plan = undisturbed(planOf(WORLD));
  const none = Object.fromEntries(
    Object.keys(plan.rates).map((rate) => [rate, 0]),
  ) as unknown as Plan['rates'];
  const limits = { experiments: 1, gpuHours: null, usd: null };
  return {
    ...plan,
    lane: {
      ...plan.lane,
      width: 1,
      ahead: 0,
      confirm: 0,
      evidence: 0,
      requireSealed: false,
      limits,
      ...lane,
    },
    rates: { ...none, ...rates },
    wakes: true,
    // Two controllers are no accident here.
    rivals: 1,
    tries: [],
    pauses: [],
    otherGpuAtMs: null,
    outage: null,
    pushAtMs: null,
  };
}

/** Files that get better and better, the best last. */
const gains = (() => {
  const files: string[] = [];
  const values = KNOBS.map(() => 5);
  const bpb = (file: string) => metricOf(WORLD, file, planWith({}).lane.seed);
  for (let knob = 0; knob < KNOBS.length; knob++) {
    const tries = Array.from({ length: VALUES }, (_, value) => values.with(knob, value));
    const [best] = tries.sort((a, b) => bpb(fileOf(a, 'none')) - bpb(fileOf(b, 'none')));
    if (best![knob] === values[knob]) continue;
    values[knob] = best![knob]!;
    files.push(fileOf(values, 'none'));
  }
  return files;
})();

/** Proposes these files in turn, each on the tip of its time. */
function proposing(files: readonly string[]): Proposer {
  return {
    propose: async (brief) => {
      const trainPy = files.find((file) => !brief.tried.includes(sha256Hex(file)));
      if (!trainPy) return { kind: 'none', sentence: 'that was all', retry: false };
      const idea = { description: 'a gain', hypothesis: '', source: 'builtin' as const, stackOf: null };
      return { kind: 'ideas', ideas: [{ ...idea, base: brief.tip, trainPy }] };
    },
    fix: async () => null,
  };
}

/** Holds the first call that is described so, by that life, until it is let go. */
class Gate {
  held: Life | null = null;
  letGo = () => {};
  readonly mischief: Mischief;

  constructor(words: string, at: 'before' | 'after', whose: (life: Life) => boolean = () => true) {
    this.mischief = (life, call, when) => {
      if (this.held || when !== at || !matches(call, words) || !whose(life)) return;
      this.held = life;
      return new Promise((resolve) => {
        this.letGo = resolve;
      });
    };
  }
}

function matches(call: Call, words: string): boolean {
  return inWords(call).startsWith(words);
}

async function until(simulation: Simulation, holds: () => boolean): Promise<void> {
  for (let steps = 0; !holds(); steps++) {
    if (steps > 5000) throw new Error('it never came to that');
    await simulation.step();
  }
}

/** `experiment status reason` of every row, as results.tsv is read anew, and what it says now. */
async function rowsOf(simulation: Simulation): Promise<string[]> {
  const { decisions } = await simulation.reread();
  return decisions.map((d) => `${rowOf(d).experiment} ${rowOf(d).status} ${d.reason}`);
}

it('stopped between judging and pushing, it keeps nothing that another has ended otherwise', async () => {
  const gate = new Gate('frontier.keep 000001', 'before');
  const proposer = proposing(gains);
  const simulation = new Simulation(planWith({}, { unsealed: 1 }), { mischief: gate.mischief, proposer });
  const first = simulation.start();
  await until(simulation, () => gate.held !== null);
  const second = simulation.start({ requireSealed: true });
  await until(simulation, () => second.stop !== null);
  gate.letGo();
  await until(simulation, () => first.stop !== null);
  expect(first.stop!.reason).toBe('fenced');
  expect(second.stop!.reason).toBe('limit');
  expect(await rowsOf(simulation)).toEqual(['000000 keep baseline', '000001 crash unsealed']);
  expect((await simulation.frontier.view()).kept).toHaveLength(1);
  await simulation.rebuild();
});

it('killed right after its push, it finds the keep and neither judges nor runs it again', async () => {
  const mischief: Mischief = (life, call, when) => {
    if (when === 'after' && matches(call, 'frontier.keep 000001') && !killed) {
      killed = true;
      life.kill();
    }
  };
  let killed = false;
  const simulation = new Simulation(planWith({}), { mischief, proposer: proposing(gains) });
  simulation.start();
  await until(simulation, () => killed);
  const launches = simulation.machine.launches;
  const second = simulation.start();
  await until(simulation, () => second.stop !== null);
  expect(second.stop!.reason).toBe('limit');
  expect(await rowsOf(simulation)).toEqual(['000000 keep baseline', '000001 keep better']);
  expect(simulation.machine.launches).toBe(launches);
  expect(simulation.machine.list('sim')).toEqual([]);
  await simulation.rebuild();
});

it('stops with a sentence at a commit that a person pushed, again at each start, and keeps nothing more', async () => {
  const limits = { experiments: 5, gpuHours: null, usd: null };
  const simulation = new Simulation(planWith({ limits }), { mischief: () => {}, proposer: proposing(gains) });
  const first = simulation.start();
  await until(simulation, () => simulation.auditor.kept.length === 2);
  simulation.bareFrontier.personCommits();
  await until(simulation, () => first.stop !== null);
  expect(first.stop).toMatchObject({
    reason: 'foreign',
    sentence: expect.stringContaining('take the commit off'),
  });
  const second = simulation.start();
  await until(simulation, () => second.stop !== null);
  expect(second.stop!.reason).toBe('foreign');
  expect(simulation.auditor.kept).toHaveLength(2);
});

it('of two controllers started at once one goes on alone, and no run is started twice', async () => {
  const limits = { experiments: 4, gpuHours: null, usd: null };
  const simulation = new Simulation(planWith({ limits, width: 2 }), {
    mischief: () => {},
    proposer: proposing(gains),
  });
  const both = [simulation.start(), simulation.start()];
  await until(simulation, () => both.every((life) => life.stop !== null));
  expect(both.map((life) => life.stop!.reason).sort()).toEqual(['fenced', 'limit']);
  expect(await rowsOf(simulation)).toHaveLength(5);
  for (const trial of simulation.auditor.trials.values())
    for (const starts of trial.starts.values()) expect(starts).toHaveLength(1);
  await simulation.rebuild();
});

it('a Record that an older controller writes after a newer one kept the experiment changes nothing', async () => {
  const record = keys.record('sim', 1);
  const gate = new Gate(`store.putIfAbsent ${record}`, 'before', (life) => life.context.lane.requireSealed);
  const plan = planWith({ requireSealed: true }, { unsealed: 1 });
  const simulation = new Simulation(plan, { mischief: gate.mischief, proposer: proposing(gains) });
  const older = simulation.start();
  await until(simulation, () => gate.held !== null);
  simulation.auditor.accept('I5'); // the newer one is told to keep what is not sealed
  const newer = simulation.start({ requireSealed: false });
  await until(simulation, () => newer.stop !== null);
  expect(await simulation.store.get(record)).toBe(null);
  gate.letGo();
  await until(simulation, () => older.stop !== null);
  expect(await simulation.store.get(record)).not.toBe(null);
  expect(simulation.auditor.counts.get('decided twice, the frontier wins')).toBe(1);
  expect(older.stop!.reason).toBe('fenced');
  expect(await rowsOf(simulation)).toEqual(['000000 keep baseline', '000001 keep better']);
  await simulation.rebuild();
});

it('a control.json that cannot be read pauses the lane until it is written anew', async () => {
  const limits = { experiments: 3, gpuHours: null, usd: null };
  const simulation = new Simulation(planWith({ limits }), { mischief: () => {}, proposer: proposing(gains) });
  const life = simulation.start();
  await until(simulation, () => simulation.auditor.decided === 2);
  await simulation.store.put(keys.control('sim'), new TextEncoder().encode('{"paused": no}'));
  const { launches } = simulation.machine;
  for (let step = 0; step < 50; step++) await simulation.step();
  expect(simulation.machine.launches).toBeLessThanOrEqual(launches + 1); // one may be under way already
  expect(life.living).toBe(true);
  expect(life.world!.control.paused).toBe(true);
  expect(simulation.auditor.counts.get('happened:held')).toBeGreaterThan(0);
  await simulation.store.put(keys.control('sim'), new TextEncoder().encode('{}'));
  await until(simulation, () => life.stop !== null);
  expect(await rowsOf(simulation)).toHaveLength(4);
});

it('an id that went to another proposal is tried for what it is, and the idea gets the next one', async () => {
  const gate = new Gate(`store.putIfAbsent ${keys.proposal('sim', 1)}`, 'before');
  const limits = { experiments: 2, gpuHours: null, usd: null };
  const simulation = new Simulation(planWith({ limits }), {
    mischief: gate.mischief,
    proposer: proposing(gains),
  });
  const life = simulation.start();
  await until(simulation, () => gate.held !== null);
  await simulation.humanTries(
    fileOf(
      KNOBS.map(() => 0),
      'none',
    ),
  );
  gate.letGo();
  await until(simulation, () => life.stop !== null);
  const [, first, second] = [...simulation.auditor.trials.values()].map(({ proposal }) => proposal);
  expect([first!.source, second!.source]).toEqual(['human', 'builtin']);
  expect(second!.trainPy).toBe(gains[0]);
  expect(await rowsOf(simulation)).toHaveLength(3);
});

it('asks of 64 runs side by side no order that a controller which was away cannot keep', async () => {
  // Seed 9 draws the weather whose twin must arrive in the same order, which only one run at a time can promise.
  const plan = planOf(9, 64);
  expect([planOf(9).weather, plan.weather, plan.lane.width]).toEqual(['narrow', 'storm', 64]);
  const simulation = new Simulation(plan);
  await simulation.run();
  expect(simulation.auditor.decided).toBeGreaterThan(64);
});
