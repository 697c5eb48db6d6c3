// What the built-in proposer costs a wide lane, on the CPU trainer's own file.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { proposerOf } from '../../controller/adapters/builtin/proposers.ts';
import type { Brief, PastExperiment } from '../../controller/brief.ts';
import { experimentId } from '../../controller/core/experiment.ts';
import type { Idea } from '../../controller/core/idea.ts';
import { sha256Hex } from '../../controller/intent.ts';
import { checkout } from '../../controller/settings/checkout.ts';
import type { Figure } from './figures.ts';

const TIP_BPB = 2;
const MEASURED = 80;
const AT_A_TIME = 5;
const never = new AbortController().signal;

export async function builtin(): Promise<Figure[]> {
  const trainPy = await readFile(join(checkout.cpu, 'train.py'), 'utf8');
  const first = briefOf(trainPy, [], []);
  const warm = await ideasFor(first, 200);
  const batch = await costOf(() => ideasFor(first, 1000));
  const ideas = [...warm, ...batch.of];
  const distinct = [...new Map(ideas.map((idea) => [idea.trainPy, idea])).values()];
  const figures: Figure[] = [
    { what: 'built-in: a batch of 1,000 ideas', value: batch.cpuSeconds, unit: 'CPU s', aim: '<= 2' },
    { what: 'its longest slice', value: batch.longestMs, unit: 'CPU ms', aim: '<= 50' },
  ];
  for (const onTrial of [1, 64, 900]) {
    const brief = briefOf(trainPy, distinct.slice(0, MEASURED), distinct.slice(MEASURED, MEASURED + onTrial));
    const { cpuSeconds } = await costOf(async () => {
      for (let i = 0; i < AT_A_TIME; i++) await ideasFor({ ...brief, next: brief.next + i }, 1);
      return [];
    });
    const what = `one more idea, ${MEASURED} measured and ${onTrial} on trial`;
    figures.push({ what, value: (1000 * cpuSeconds) / AT_A_TIME, unit: 'CPU ms', aim: '' });
  }
  return figures;
}

async function ideasFor(brief: Brief, count: number): Promise<Idea[]> {
  const proposed = await proposerOf('builtin').propose(brief, count, never);
  return proposed.kind === 'ideas' ? proposed.ideas : [];
}

/** CPU seconds of all threads; the longest slice by the main thread's own, for a busy machine is no long slice. */
async function costOf(work: () => Promise<Idea[]>) {
  let longestMs = 0;
  let before = threadMs();
  let done = false;
  const look = () => {
    longestMs = Math.max(longestMs, threadMs() - before);
    before = threadMs();
    if (!done) setImmediate(look);
  };
  setImmediate(look);
  const start = process.cpuUsage();
  const of = await work();
  const { user, system } = process.cpuUsage(start);
  done = true;
  return { of, cpuSeconds: (user + system) / 1e6, longestMs };
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function briefOf(trainPy: string, measured: readonly Idea[], onTrial: readonly Idea[]): Brief {
  const past = measured.map(({ description }, i) => row(i + 1, description, TIP_BPB + (i % 17) / 1000));
  return {
    lane: 'main',
    seed: 1,
    next: measured.length + onTrial.length + 1,
    program: '',
    prepare: '',
    tip: 'a'.repeat(40),
    tipBpb: TIP_BPB,
    trainPy,
    guidance: '',
    past: [row(0, 'baseline', TIP_BPB), ...past],
    open: onTrial.map((idea) => idea.description),
    ready: [],
    tried: [trainPy, ...[...measured, ...onTrial].map((idea) => idea.trainPy)].map(sha256Hex),
    inconclusive: [],
    ran: [],
  };
}

function row(n: number, description: string, valBpb: number): PastExperiment {
  return {
    experiment: experimentId(n),
    description,
    source: 'builtin',
    status: n === 0 ? 'keep' : 'discard',
    valBpb,
    baseBpb: n === 0 ? null : TIP_BPB,
    reason: n === 0 ? 'baseline' : 'worse',
    error: '',
  };
}
