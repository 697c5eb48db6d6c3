// What Claude costs, on scripted answers over a real socket: cache, tokens, repeats; and whether any run passes its cap.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { trainPyReader } from '../../controller/adapters/python-reader.ts';
import { proposalSchema } from '../../controller/core/experiment.ts';
import { keys } from '../../controller/core/keys.ts';
import { checkout } from '../../controller/settings/checkout.ts';
import { credulous, playLane } from '../messages/lane.ts';
import { briefOn, edit, never, type Rig, rigOn } from '../messages/rig.ts';
import type { Asked } from '../messages/server.ts';
import { frontierFile } from '../messages/shown.ts';
import { spendUnderCap } from '../messages/spree.ts';
import { sequence } from '../sim/dice.ts';
import { type Figure, median } from './figures.ts';

const PROPOSALS = 200;
/** Of a call, as by default. */
const IDEAS = 4;
const REPEATED = 0.3;
const SPREES = 1000;

export async function claude(): Promise<Figure[]> {
  return [...(await lane()), ...(await shared()), ...(await sprees())];
}

/** A lane of 200 proposals on the CPU trainer's own files; what is measured is faked, what is asked and read is real. */
async function lane(): Promise<Figure[]> {
  const dice = sequence(7);
  const said: object[] = [];
  await using rig = await rigOn(
    (asked) => {
      const ideas = Array.from({ length: IDEAS }, () => {
        const again = asked.messages.length === 1 && said.length > 0 && dice() < REPEATED;
        const idea = again ? said[Math.floor(dice() * said.length)]! : freshKnob(asked, dice);
        if (!again) said.push(idea);
        return idea;
      });
      return { answer: { ideas } };
    },
    { patient: (time) => time.clock, ideas: IDEAS },
  );
  // Read before time begins to pass: it stands still for answers only, not for files.
  const program = await readFile(checkout.program, 'utf8');
  const inputs = {
    trainPy: await readFile(join(checkout.cpu, 'train.py'), 'utf8'),
    prepare: await readFile(join(checkout.cpu, 'prepare.py'), 'utf8'),
    program: async () => program,
  };
  const limits = { experiments: PROPOSALS, gpuHours: null, usd: 1000 };
  await playLane(rig, { ahead: 2, limits }, inputs);
  const { later, output } = rig.server.tokens();
  const launched = await programs(rig);
  const all = later.input + later.read + later.written;
  return [
    {
      what: 'Claude: input read from the cache after the first call',
      value: (100 * later.read) / all,
      unit: '%',
      aim: '>= 90',
    },
    {
      what: 'Claude: output of an idea, median (scripted, no thinking)',
      value: median(output) / IDEAS,
      unit: 'tokens',
      aim: '<= 1500',
    },
    {
      what: `Claude: calls for ${PROPOSALS} proposals, 30 % repeats`,
      value: rig.server.asked.length,
      unit: '',
      aim: '',
    },
    {
      what: 'Claude: programs launched twice',
      value: launched.length - new Set(launched).size,
      unit: '',
      aim: '0',
    },
    { what: 'Claude: a proposal', value: (await rig.budget.spentUsd()) / PROPOSALS, unit: 'USD', aim: '' },
  ];
}

/** One constant of the file moved to a value of its own. */
function freshKnob(asked: Asked, dice: () => number): object {
  const lines = [...frontierFile(asked).matchAll(/^([A-Z][A-Z0-9_]+) = ([0-9.]+) +# range: /gm)];
  const [whole, name, value] = lines[Math.floor(dice() * lines.length)]!;
  const to = value!.includes('.') ? (0.1 + 0.8 * dice()).toFixed(6) : String(1 + Math.floor(12 * dice()));
  return edit(`${name}: ${value} -> ${to}`, whole, `${name} = ${to}  # range: `).answer.ideas[0];
}

/** What every launched proposal computes, by its sum. */
async function programs({ store }: Rig): Promise<string[]> {
  const files: string[] = [];
  for (let id = 1; id <= PROPOSALS; id++) {
    const bytes = await store.get(keys.proposal('main', id));
    if (bytes) files.push(proposalSchema.parse(JSON.parse(new TextDecoder().decode(bytes))).trainPy);
  }
  const sums = await trainPyReader(checkout.python, checkout.preflight).sums(files);
  return sums.map((sum, i) => sum ?? files[i]!);
}

async function sprees(): Promise<Figure[]> {
  let [over, closest, calls, ideas] = [0, 0, 0, 0];
  for (let seed = 1; seed <= SPREES; seed++) {
    const spree = await spendUnderCap(seed);
    calls += spree.calls;
    ideas += spree.ideas;
    if (spree.chargedNano > spree.capNano || spree.spentNano > spree.capNano) over++;
    closest = Math.max(closest, spree.chargedNano / spree.capNano);
  }
  return [
    {
      what: `Claude: runs over their cap, of ${SPREES} (${calls} calls for 1 to 8 ideas, ${ideas} ideas)`,
      value: over,
      unit: '',
      aim: '0',
    },
    { what: 'Claude: most of a cap that was charged', value: 100 * closest, unit: '%', aim: '' },
  ];
}

const THINKING = 3000;
const CALLS = 40;

/** The same thinking for one idea and for several: what an idea costs, and how many a dollar buys under a cap. */
async function shared(): Promise<Figure[]> {
  const perUsd = new Map<number, number>();
  for (const ideas of [1, 3, 8]) {
    let n = 0;
    await using rig = await rigOn(
      () => {
        const some = Array.from({ length: ideas }, () =>
          edit(`RATE: try ${++n}`, 'RATE = 0.5 ', `RATE = ${n}.5 `),
        );
        return { answer: { ideas: some.map((one) => one.answer.ideas[0]) }, thinkingTokens: THINKING };
      },
      { ideas, reader: credulous, parallel: 1 },
    );
    const program = await readFile(checkout.program, 'utf8');
    const prepare = await readFile(join(checkout.cpu, 'prepare.py'), 'utf8');
    for (let call = 0; call < CALLS * ideas; call++)
      await rig.proposer.propose(briefOn({ program, prepare, next: call + 1 }), 1, never);
    perUsd.set(ideas, n / (await rig.budget.spentUsd()));
  }
  const one = perUsd.get(1)!;
  return [...perUsd].map(([ideas, value]) => ({
    what: `Claude: ideas for a dollar, ${ideas} a call, ${THINKING} tokens of thinking (${(value / one).toFixed(1)} times one)`,
    value,
    unit: '',
    aim: ideas === 1 ? '' : '>= 3 times one',
  }));
}
