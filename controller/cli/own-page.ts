// The page of a controller's own lanes. Nothing of it is loaded where it is off, and the lanes go on without it.
import { setTimeout as delay } from 'node:timers/promises';
import { pageTokens } from '../environment.ts';
import { Failure } from '../failure.ts';
import type { Observer } from '../loop/observer.ts';
import type { PageSettings } from '../page/server.ts';
import { version } from '../settings/checkout.ts';
import type { ClusterConfig } from '../settings/cluster.ts';
import type { DevConfig } from '../settings/dev.ts';
import type { RemoteSettings } from '../settings/remotes.ts';
import { readAt } from '../wiring/lane-reader.ts';
import { LanePaths } from '../wiring/paths.ts';
import { person } from './steer/steering.ts';
import { talk } from './terminal/terminal.ts';

const PORT = 7878;
const AGAIN_MS = 10_000;
const TOKEN_CHARACTERS = 32;

export interface OwnPage {
  readonly link: string;
  /** Hurries the page after what happens in the lane. */
  observer(lane: string): Observer;
  close(): Promise<void>;
}

/** On this machine. Null where it is off; `auto` serves it only where a person can see the link. */
export async function devPage(
  { page, lanes, store, frontier }: DevConfig,
  paths: LanePaths,
): Promise<OwnPage | null> {
  if (page === 'off' || (page === 'auto' && !process.stderr.isTTY)) return null;
  try {
    const { newToken } = await import('../page/access.ts');
    return await serve(
      lanes,
      paths,
      { store, frontier },
      {
        tokens: { read: newToken(), steering: null },
        port: page === 'auto' ? PORT : page,
      },
    );
  } catch (error) {
    talk(`there is no page: ${(error as Error).message}; leave it out with --page off, or start again`);
    return null;
  }
}

/**
 * In a cluster, for whoever has the token of its Secret, as soon as its lanes can be read. Null where it is off. Throws
 * Failure 2 without a good token.
 */
export function clusterPage(
  { page: { port, ...shown }, lanes, data, store, frontier }: ClusterConfig,
  ending: AbortSignal,
  trouble: (sentence: string) => void,
): Omit<OwnPage, 'link'> | null {
  if (port === null) return null;
  const { read, steering } = pageTokens();
  if (!good(read) || (steering !== undefined && (!good(steering) || steering === read)))
    throw new Failure(
      2,
      `the page needs tokens of ${TOKEN_CHARACTERS} characters at least, two different ones; set AUTORESEARCH_PAGE_TOKEN, such as from: openssl rand -hex 32`,
    );
  const how = { tokens: { read, steering: steering ?? null }, port, ...shown };
  let page: OwnPage | null = null;
  const serving = (async () => {
    while (!ending.aborted && page === null) {
      try {
        page = await serve(lanes, new LanePaths(data), { store, frontier }, how);
      } catch (error) {
        trouble(`there is no page yet: ${(error as Error).message}; trying again in ${AGAIN_MS / 1000} s`);
        await delay(AGAIN_MS, undefined, { signal: ending }).catch(() => {});
      }
    }
  })();
  return {
    observer: (lane) => ({
      happened: (event) => page?.observer(lane).happened(event),
      turn: (world) => page?.observer(lane).turn(world),
    }),
    close: async () => {
      await serving;
      await page?.close();
    },
  };
}

function good(token: string | undefined): token is string {
  return token !== undefined && token.length >= TOKEN_CHARACTERS && /^[\w.~+/=-]+$/.test(token);
}

type How = Omit<PageSettings, 'lanes' | 'version' | 'who'>;

/** A lane of ours says itself what happens in it, and what people do to it; the last line of a log is looked for meanwhile. */
const LOOKS_PER_RUN = 8;
const LOOK_MS = { least: 2000, most: 40_000 };

async function serve(
  lanes: readonly { readonly name: string; readonly budgetSeconds: number }[],
  paths: LanePaths,
  remotes: RemoteSettings,
  how: How,
): Promise<OwnPage> {
  const { servePage } = await import('../page/server.ts');
  const { pageLaneOf } = await import('./read/page-lane.ts');
  const release = version();
  const sources = lanes.map(async ({ name, budgetSeconds }) => {
    const perRun = (1000 * budgetSeconds) / LOOKS_PER_RUN;
    const everyMs = Math.max(LOOK_MS.least, Math.min(LOOK_MS.most, perRun));
    return pageLaneOf(await readAt(paths, remotes, name), release, everyMs);
  });
  const served = await servePage({
    lanes: await Promise.all(sources),
    version: release,
    who: how.names ? 'whoever has the second token' : person(),
    ...how,
  });
  const steered = new Map<string, string>();
  return {
    link: served.link,
    observer: (lane) => ({
      happened: () => served.nudge(lane),
      turn({ control, nextId }) {
        const now = `${nextId} ${JSON.stringify(control)}`;
        if (now !== steered.get(lane)) served.nudge(lane);
        steered.set(lane, now);
      },
    }),
    close: () => served.close(),
  };
}
