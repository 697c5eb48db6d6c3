// What the page costs the loop: `dev` with the page and four clients on its stream of events, beside the same without.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { NODE_FLAGS } from '../../../controller/node-flags.mjs';
import { bundled } from '../bundled.ts';
import { type Figure, median } from '../figures.ts';
import type { Used } from '../used.ts';
import { CLIENTS, follow, linkIn } from './clients.ts';
import { watched } from './watched.ts';

const EXPERIMENTS = 8;
const PAIRS = 3;

export async function page(): Promise<Figure[]> {
  const [off, on]: [number[], number[]] = [[], []];
  let told = 0;
  const long = await bundled('page/page-lane', async (program) => {
    // In turn, so that both meet the machine as it is.
    for (let pair = 0; pair < PAIRS; pair++) {
      off.push((await laneOf(program, false)).cpuMs);
      const { cpuMs, events } = await laneOf(program, true);
      on.push(cpuMs);
      told += events;
    }
    return watched(program);
  });
  if (told < PAIRS * CLIENTS * (EXPERIMENTS / 2)) throw new Error(`the clients were told ${told} times only`);
  const ratios = on.map((ms, pair) => ms / off[pair]!);
  return [
    { what: 'page: CPU of dev per experiment, off', value: median(off), unit: 'ms', aim: '' },
    { what: `  with the page and ${CLIENTS} clients`, value: median(on), unit: 'ms', aim: '' },
    { what: '  ratio', value: median(ratios), unit: '', aim: '<= 1.05' },
    ...long,
  ];
}

async function laneOf(program: string, withPage: boolean): Promise<{ cpuMs: number; events: number }> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-page-'));
  const over = new AbortController();
  try {
    const args = [
      '--dir',
      dir,
      '--experiments',
      String(EXPERIMENTS),
      '--budget',
      '5s',
      '--proposer',
      'builtin',
    ];
    const dev = spawn(process.execPath, [...NODE_FLAGS, program, ...args, '--page', withPage ? '0' : 'off'], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    let events = 0;
    createInterface({ input: dev.stderr! }).on('line', (line) => {
      const link = linkIn(line);
      for (let n = 0; link && n < CLIENTS; n++)
        void follow(link, over.signal, (event) => {
          if (event === 'decided') events++;
        });
    });
    const said = await text(dev.stdio[3] as NodeJS.ReadableStream);
    const { cpuMs }: Used = JSON.parse(said);
    return { cpuMs: cpuMs / EXPERIMENTS, events };
  } finally {
    over.abort();
    await rm(dir, { recursive: true, force: true });
  }
}
