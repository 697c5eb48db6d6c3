// What an open page costs each second of a long run: one controller, now with four clients and now without.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { NODE_FLAGS } from '../../../controller/node-flags.mjs';
import { type Figure, median } from '../figures.ts';
import { CLIENTS, follow, linkIn } from './clients.ts';
import { cpuMsOf } from './cpu.ts';

const PAIRS = 3;
/** A look of the page comes eight times in a run. */
const WINDOW_MS = 40_000;
export const BUDGET_SECONDS = 300;
/** Clients come and go, and a controller begins, outside of what is measured. */
const SETTLED_MS = 15_000;
const JOINED_MS = 2000;

/** CPU milliseconds of a second of such a run: with nobody there, and what clients add. */
export interface Watched {
  readonly off: number;
  readonly more: number;
  readonly figures: readonly Figure[];
}

export async function watched(program: string): Promise<Watched> {
  const args = ['--ephemeral', '--budget', `${BUDGET_SECONDS}s`, '--proposer', 'builtin', '--page', '0'];
  const dev = spawn(process.execPath, [...NODE_FLAGS, program, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((done) => dev.once('exit', done));
  try {
    const link = await new Promise<string>((found) =>
      createInterface({ input: dev.stderr! }).on('line', (line) => linkIn(line) && found(line)),
    );
    const [off, on]: [number[], number[]] = [[], []];
    let events = 0;
    await delay(SETTLED_MS);
    for (let pair = 0; pair < PAIRS; pair++) {
      off.push(await perSecond(dev.pid!));
      const leaving = new AbortController();
      let counted = false;
      for (let n = 0; n < CLIENTS; n++)
        void follow(linkIn(link)!, leaving.signal, () => {
          if (counted) events++;
        });
      await delay(JOINED_MS);
      counted = true;
      on.push(await perSecond(dev.pid!));
      leaving.abort();
      await delay(JOINED_MS);
    }
    if (events < CLIENTS * PAIRS) throw new Error(`the clients were told ${events} times only`);
    const more = median(on.map((ms, pair) => ms - off[pair]!));
    const each = (1000 * PAIRS * CLIENTS) / events;
    const figures = [
      {
        what: `page: CPU of dev per second of a run of ${BUDGET_SECONDS} s, nobody looks`,
        value: median(off),
        unit: 'ms',
        aim: '',
      },
      { what: `  more with ${CLIENTS} clients`, value: more, unit: 'ms', aim: '' },
      {
        what: '  and for each time that all are told',
        value: (more * each * WINDOW_MS) / 1e6,
        unit: 'ms',
        aim: '',
      },
    ];
    return { off: median(off), more, figures };
  } finally {
    dev.kill('SIGINT');
    await ended;
  }
}

/** CPU milliseconds of all threads of a process, for each second of a while. */
async function perSecond(pid: number): Promise<number> {
  const [before, began] = [cpuMsOf(pid), performance.now()];
  await delay(WINDOW_MS);
  return (1000 * (cpuMsOf(pid) - before)) / (performance.now() - began);
}
