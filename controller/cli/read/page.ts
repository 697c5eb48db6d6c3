// `autoresearch page`: what a browser shows of lanes, whoever runs them, or nobody.
import { hostname } from 'node:os';
import { createInterface } from 'node:readline';
import { Failure } from '../../failure.ts';
import { newToken, type Tokens } from '../../page/access.ts';
import { servePage } from '../../page/server.ts';
import { version } from '../../settings/checkout.ts';
import { type LaneSelector, lanesIn, readLane } from '../../wiring/lane-reader.ts';
import { person } from '../steer/steering.ts';
import { write } from '../terminal/print.ts';
import { talk } from '../terminal/terminal.ts';
import { pageLaneOf } from './page-lane.ts';

interface PageFlags {
  readonly port: number;
  /** The link also changes lanes. */
  readonly steering: boolean;
  /** Whoever called it is on another machine, and hands it the token on stdin. */
  readonly behind?: number;
}

/** Serves until it is interrupted; behind another machine until stdin ends, for no signal gets here from there. */
export async function page(where: LaneSelector, { port, behind, steering }: PageFlags): Promise<void> {
  const names = where.lane ? [where.lane] : await lanesIn(where);
  const release = version();
  const lanes = await Promise.all(
    names.map(async (name) => pageLaneOf(await readLane(where, name), release)),
  );
  const caller = behind === undefined ? null : await callerOf(process.stdin);
  const tokens = caller?.tokens ?? { read: newToken(), steering: steering ? newToken() : null };
  const who = caller?.who ?? person();
  const served = await servePage({ lanes, version: release, tokens, port, who });
  if (caller) write(`${hostname()} ${served.port}`);
  else {
    write(served.link);
    talk(
      `The link holds a token: whoever has it may ${steering ? 'read and change' : 'read'} these lanes. Ctrl-C ends the page.`,
    );
  }
  await new Promise<void>((done) => {
    process.once('SIGINT', done).once('SIGTERM', done);
    caller?.gone.then(done);
  });
  if (caller) process.stdin.destroy(); // it would keep this process
  await served.close();
}

interface Caller {
  readonly tokens: Tokens;
  readonly who: string;
  readonly gone: Promise<void>;
}

/** Its tokens and who it is, the first line; `gone` when the stream ends. Throws Failure 2 without a token. */
async function callerOf(stream: NodeJS.ReadStream): Promise<Caller> {
  const lines = createInterface({ input: stream });
  const gone = new Promise<void>((done) => lines.once('close', done));
  const first = new Promise<string>((done) => lines.once('line', done));
  const line = await Promise.race([first, gone.then(() => '')]);
  const [, read, steering, who] = /^([\w-]{43,200})(?: ([\w-]{43,200}) (\S{1,200}))?$/.exec(line) ?? [];
  if (read === undefined)
    throw new Failure(2, '--behind is for the page of --context, which hands it a token; leave it out');
  return { tokens: { read, steering: steering ?? null }, who: who ?? '', gone };
}
