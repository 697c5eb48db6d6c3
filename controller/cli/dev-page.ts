// The page of a loop on this machine. Nothing of it is loaded where it is off, and the loop goes on without it.
import type { Observer } from '../loop/observer.ts';
import { version } from '../settings/checkout.ts';
import type { DevConfig } from '../settings/dev.ts';
import { readAt } from '../wiring/lane-reader.ts';
import type { LanePaths } from '../wiring/paths.ts';
import { talk } from './terminal/terminal.ts';

const PORT = 7878;

export interface DevPage {
  readonly link: string;
  /** Hurries the page after what happens in the lane. */
  observer(lane: string): Observer;
  close(): Promise<void>;
}

/** Null where it is off. `auto` serves it only where a person can see the link. */
export async function devPage(
  { page, lanes, store, frontier }: DevConfig,
  paths: LanePaths,
): Promise<DevPage | null> {
  if (page === 'off' || (page === 'auto' && !process.stderr.isTTY)) return null;
  try {
    const { newToken } = await import('../page/access.ts');
    const { servePage } = await import('../page/server.ts');
    const { pageLaneOf } = await import('./read/page-lane.ts');
    const release = version();
    const sources = lanes.map(async ({ name }) =>
      pageLaneOf(await readAt(paths, { store, frontier }, name), release),
    );
    const port = page === 'auto' ? PORT : page;
    const served = await servePage({
      lanes: await Promise.all(sources),
      version: release,
      token: newToken(),
      port,
    });
    return {
      link: served.link,
      observer: (lane) => ({ happened: () => served.nudge(lane), turn() {} }),
      close: () => served.close(),
    };
  } catch (error) {
    talk(`there is no page: ${(error as Error).message}; leave it out with --page off, or start again`);
    return null;
  }
}
