// `autoresearch page`: what a browser shows of lanes, whoever runs them, or nobody.
import { newToken } from '../../page/access.ts';
import { servePage } from '../../page/server.ts';
import { version } from '../../settings/checkout.ts';
import { type LaneSelector, lanesIn, readLane } from '../../wiring/lane-reader.ts';
import { write } from '../terminal/print.ts';
import { talk } from '../terminal/terminal.ts';
import { pageLaneOf } from './page-lane.ts';

/** Serves until it is interrupted. */
export async function page(where: LaneSelector, port: number): Promise<void> {
  const names = where.lane ? [where.lane] : await lanesIn(where);
  const release = version();
  const lanes = await Promise.all(
    names.map(async (name) => pageLaneOf(await readLane(where, name), release)),
  );
  const served = await servePage({ lanes, version: release, token: newToken(), port });
  write(served.link);
  talk('The link holds a token: whoever has it may read these lanes. Ctrl-C ends the page.');
  await new Promise<void>((done) => {
    process.once('SIGINT', done).once('SIGTERM', done);
  });
  await served.close();
}
