// The page's server: it reads lanes and changes nothing.
import type { Server } from 'node:http';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { compress } from 'hono/compress';
import { etag } from 'hono/etag';
import { Access, HEADERS } from './access.ts';
import { DOCUMENT, readAssets } from './assets.ts';
import { EventStreams } from './event-streams.ts';
import { LaneFeed } from './lane-feed.ts';
import { type LaneSource, rowsOf } from './lane-source.ts';
import { HOST, listenNear } from './listen.ts';
import { openApi } from './schema.ts';

const CONNECTIONS_AT_MOST = 128;
const IDLE_MS = 120_000;

interface PageSettings {
  readonly lanes: readonly LaneSource[];
  readonly version: string;
  readonly token: string;
  /** Where it is taken, the next free one is used; 0 is any. */
  readonly port: number;
  /** The port by which it is reached where that is another, as through a port-forward. */
  readonly behind?: number | undefined;
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

export async function servePage({ lanes, version, token, port, behind }: PageSettings): Promise<PageServer> {
  const streams = new EventStreams();
  const feeds = new Map(lanes.map((source) => [source.lane, new LaneFeed(source, streams)]));
  const app = new Hono<{ Bindings: HttpBindings }>();
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  server.maxConnections = CONNECTIONS_AT_MOST;
  server.timeout = IDLE_MS;
  const bound = await listenNear(server, port);
  const access = new Access(
    token,
    [HOST, 'localhost', '[::1]'].map((name) => `${name}:${behind ?? bound}`),
  );

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
  app.get('/api/v1/lanes', (c) => c.json({ version, lanes: [...feeds.keys()] }));
  const ofLane = '/api/v1/lanes/:lane';
  const feedOf = (lane: string) => feeds.get(lane) ?? null;
  app.get(ofLane, async (c) => {
    const feed = feedOf(c.req.param('lane'));
    return feed ? c.json((await feed.current()).summary) : c.notFound();
  });
  app.get(`${ofLane}/rows`, async (c) => {
    const feed = feedOf(c.req.param('lane'));
    return feed ? c.json(rowsOf((await feed.current()).decisions)) : c.notFound();
  });
  app.get(`${ofLane}/experiments/:experiment{\\d+}`, async (c) => {
    const { lane, experiment } = c.req.param();
    const detail = await feedOf(lane)?.source.detail(experiment);
    return detail ? c.json(detail) : c.notFound();
  });
  app.get(`${ofLane}/experiments/:experiment{\\d+}/log`, async (c) => {
    const { lane, experiment } = c.req.param();
    const [attempt, from] = [numberIn(c.req.query('attempt')), numberIn(c.req.query('from'))];
    const piece = await feedOf(lane)?.source.log(experiment, attempt, from);
    return piece ? c.json(piece) : c.notFound();
  });
  app.get(`${ofLane}/events`, async (c) => {
    const feed = feedOf(c.req.param('lane'));
    if (!feed) return c.notFound();
    if (streams.full)
      return c.text('32 pages are open already; close one, then reload\n', 503, { 'retry-after': '30' });
    await feed.join(c.env.outgoing, c.req.header('last-event-id') ?? '', HEADERS);
    return RESPONSE_ALREADY_SENT;
  });
  app.notFound((c) => c.text('there is no such thing here; see /api/v1/openapi.json\n', 404));
  app.onError((error, c) => c.text(`${error.message}\n`, 500, HEADERS));

  return {
    port: bound,
    link: `http://${HOST}:${bound}/#t=${token}`,
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

function numberIn(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : null;
}
