// What the page costs the loop: `dev` with the page and four clients on its stream of events, beside the same without.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { NODE_FLAGS } from '../../../controller/node-flags.mjs';
import { bundled } from '../bundled.ts';
import { type Figure, median } from '../figures.ts';
import { CLIENTS, follow, linkIn } from './clients.ts';
import { cpuMsOf } from './cpu.ts';
import { BUDGET_SECONDS, watched } from './watched.ts';

const EXPERIMENTS = 10;
const PAIRS = 3;
/** Training of the CPU trainer. */
const SHORT_SECONDS = 5;

export async function page(): Promise<Figure[]> {
  const [off, on]: [Measured[], Measured[]] = [[], []];
  const long = await bundled('page/page-lane', async (program) => {
    // In turn, so that both meet the machine as it is.
    for (let pair = 0; pair < PAIRS; pair++) {
      off.push(await laneOf(program, false));
      on.push(await laneOf(program, true));
    }
    return watched(program);
  });
  const told = on.reduce((sum, { events }) => sum + events, 0);
  if (told < PAIRS * CLIENTS * (EXPERIMENTS / 2)) throw new Error(`the clients were told ${told} times only`);
  const of = (all: readonly Measured[], what: 'eachMs' | 'startMs') => median(all.map((one) => one[what]));
  const ratios = on.map(({ eachMs }, pair) => eachMs / off[pair]!.eachMs);
  // What comes once in an experiment, and what comes in each of its seconds.
  const longer = BUDGET_SECONDS - SHORT_SECONDS;
  const ratio =
    (of(on, 'eachMs') + longer * (long.off + long.more)) / (of(off, 'eachMs') + longer * long.off);
  const figure = (what: string, value: number, unit = 'ms', aim = ''): Figure => ({ what, value, unit, aim });
  return [
    figure('page: CPU of dev per experiment of 5 s, off', of(off, 'eachMs')),
    figure(`  with the page and ${CLIENTS} clients`, of(on, 'eachMs')),
    figure('  ratio', median(ratios), '', '<= 1.05'),
    figure('page: CPU of dev until its baseline is decided, off', of(off, 'startMs')),
    figure('  with the page, which is loaded once', of(on, 'startMs')),
    ...long.figures,
    figure(`page: ratio for an experiment of ${BUDGET_SECONDS} s, by these figures`, ratio, '', '<= 1.05'),
  ];
}

interface Measured {
  /** CPU of dev until the first row. */
  readonly startMs: number;
  /** CPU of dev for each row after the first. */
  readonly eachMs: number;
  /** How often a client was told of a row. */
  readonly events: number;
}

async function laneOf(program: string, withPage: boolean): Promise<Measured> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-page-'));
  const over = new AbortController();
  try {
    const lane = [
      '--dir',
      dir,
      '--experiments',
      String(EXPERIMENTS),
      '--budget',
      '5s',
      '--proposer',
      'builtin',
    ];
    const args = [...NODE_FLAGS, program, ...lane, '--page', withPage ? '0' : 'off'];
    const dev = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(dev, 'exit');
    let events = 0;
    createInterface({ input: dev.stderr }).on('line', (line) => {
      const link = linkIn(line);
      for (let n = 0; link && n < CLIENTS; n++)
        void follow(link, over.signal, (event) => {
          if (event === 'decided') events++;
        });
    });
    const atRow: number[] = [];
    createInterface({ input: dev.stdout }).on('line', (line) => {
      if (/^\d{6} /.test(line) && dev.exitCode === null) atRow.push(cpuMsOf(dev.pid!));
    });
    await ended;
    if (atRow.length <= EXPERIMENTS) throw new Error(`there were ${atRow.length} rows only`);
    return { startMs: atRow[0]!, eachMs: (atRow[EXPERIMENTS]! - atRow[0]!) / EXPERIMENTS, events };
  } finally {
    over.abort();
    await rm(dir, { recursive: true, force: true });
  }
}
