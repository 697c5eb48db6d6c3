// The page's server: it reads lanes, and changes them for nobody who lacks the second token.
import type { Server } from 'node:http';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { compress } from 'hono/compress';
import { etag } from 'hono/etag';
import { Access, HEADERS, type Tokens } from './access.ts';
import { DOCUMENT, readAssets } from './assets.ts';
import { EventStreams } from './event-streams.ts';
import { LaneFeed } from './lane-feed.ts';
import { laneRoutes } from './lane-routes.ts';
import { type LaneSource, RefusedWish } from './lane-source.ts';
import { HOST, listenNear } from './listen.ts';
import { openApi, type PageHealth } from './schema.ts';

const CONNECTIONS_AT_MOST = 128;
const IDLE_MS = 120_000;

export interface PageSettings {
  readonly lanes: readonly LaneSource[];
  readonly version: string;
  readonly tokens: Tokens;
  /** Where it is taken, the next free one is used; 0 is any. */
  readonly port: number;
  /** Reached from other machines, under these names, each with its port where that is not the usual one. */
  readonly names?: readonly string[] | undefined;
  /** Who has the second token; or the header in which a proxy says who asks. */
  readonly who: string;
  readonly userHeader?: string | undefined;
  /** Where the screen of the machines leads besides. */
  readonly links?: PageHealth['links'];
}

export interface PageServer {
  readonly port: number;
  /** What a person opens. What follows the # is not sent to any server, so it stands in no log. */
  readonly link: string;
  /** Event streams that are open. */
  readonly watchers: number;
  /** Something happened in the lane. */
  nudge(lane: string): void;
  close(): Promise<void>;
}

export async function servePage(settings: PageSettings): Promise<PageServer> {
  const { lanes, version, tokens, port, names, who, userHeader, links = [] } = settings;
  const streams = new EventStreams();
  const feeds = new Map(lanes.map((source) => [source.lane, new LaneFeed(source, streams)]));
  const app = new Hono<{ Bindings: HttpBindings }>();
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  server.maxConnections = CONNECTIONS_AT_MOST;
  server.timeout = IDLE_MS;
  const bound = await listenNear(server, port, names ? '0.0.0.0' : HOST);
  const access = new Access(tokens, names ?? []);

  app.use(async (c, next) => {
    const refused = access.refusal(c.req.method, c.req.path, c.env.incoming.headers);
    for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
    if (refused) return c.text(`${refused.sentence}\n`, refused.status);
    return next();
  });
  app.use(compress(), etag());
  app.get('/', (c) => c.html(DOCUMENT));
  app.get('/page.js', async (c) => {
    const { script } = await readAssets();
    return c.body(script, 200, { 'content-type': 'text/javascript; charset=utf-8' });
  });
  app.get('/page.css', async (c) => {
    const { style } = await readAssets();
    return c.body(style, 200, { 'content-type': 'text/css; charset=utf-8' });
  });
  app.get('/api/v1/openapi.json', (c) => c.json(openApi(version)));
  app.get('/api/v1/lanes', (c) => {
    const mayChange = access.mayChange(c.env.incoming.headers);
    return c.json({ version, lanes: [...feeds.keys()], mayChange });
  });
  app.get('/api/v1/health', async (c) => {
    const told = await Promise.all([...feeds.values()].map((feed) => feed.health()));
    return c.json({ version, watchers: streams.count(), links, lanes: told });
  });
  const asking = (c: Context) => (userHeader && c.req.header(userHeader)) || who;
  app.route('/api/v1/lanes/:lane', laneRoutes(feeds, streams, asking));
  app.notFound((c) => c.text('there is no such thing here; see /api/v1/openapi.json\n', 404));
  app.onError((error, c) => c.text(`${error.message}\n`, error instanceof RefusedWish ? 400 : 500, HEADERS));

  return {
    port: bound,
    link: `http://${HOST}:${bound}/#t=${tokens.steering ?? tokens.read}`,
    get watchers() {
      return streams.count();
    },
    nudge: (lane) => feeds.get(lane)?.nudge(),
    close: async () => {
      for (const feed of feeds.values()) feed.close();
      streams.close();
      await new Promise<void>((done) => server.close(() => done()).closeAllConnections());
    },
  };
}
