// What is answered about a lane, and what may be done to it.
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { createTwoFilesPatch } from 'diff';
import { type Context, Hono } from 'hono';
import type { z } from 'zod';
import { controlChangeSchema } from '../views/steering.ts';
import { HEADERS } from './access.ts';
import { curveIn } from './curve.ts';
import type { EventStreams } from './event-streams.ts';
import type { LaneFeed } from './lane-feed.ts';
import { RefusedWish, rowsOf } from './lane-source.ts';
import { type FileDiff, triedSchema } from './schema.ts';

const DIFF_CHARACTERS = 400_000;
const LOG_BYTES = 16 << 20;
const EXPERIMENT = '/experiments/:experiment{\\d+}';

type Answering = Context<{ Bindings: HttpBindings }>;

/** `who`: the name under which a change is noted. */
export function laneRoutes(
  feeds: ReadonlyMap<string, LaneFeed>,
  streams: EventStreams,
  who: (c: Answering) => string,
) {
  const app = new Hono<{ Bindings: HttpBindings }>();
  const feedOf = (c: Context) => feeds.get(c.req.param('lane') ?? '') ?? null;
  const idOf = (c: Context) => c.req.param('experiment')!.padStart(6, '0');

  app.get('/', async (c) => {
    const feed = feedOf(c);
    return feed ? c.json((await feed.current()).summary) : c.notFound();
  });
  app.get('/rows', async (c) => {
    const feed = feedOf(c);
    return feed ? c.json(rowsOf((await feed.current()).decisions)) : c.notFound();
  });
  app.get(EXPERIMENT, async (c) => {
    const detail = await feedOf(c)?.source.detail(idOf(c));
    return detail ? c.json(detail) : c.notFound();
  });
  app.get(`${EXPERIMENT}/log`, async (c) => {
    const [attempt, from] = [numberIn(c.req.query('attempt')), numberIn(c.req.query('from'))];
    const piece = await feedOf(c)?.source.log(idOf(c), attempt, from);
    return piece ? c.json(piece) : c.notFound();
  });
  app.get(`${EXPERIMENT}/curve`, async (c) => {
    const curve = await curveOf(feedOf(c), idOf(c), numberIn(c.req.query('attempt')));
    return curve ? c.json(curve) : c.notFound();
  });
  app.get(`${EXPERIMENT}/diff`, async (c) => {
    const against = numberIn(c.req.query('against'));
    const diff = against === null ? null : await diffOf(feedOf(c), String(against).padStart(6, '0'), idOf(c));
    return diff ? c.json(diff) : c.notFound();
  });
  app.get(`${EXPERIMENT}/train.py`, async (c) => {
    const trainPy = await feedOf(c)?.source.trainPy(idOf(c));
    return typeof trainPy === 'string' ? c.text(trainPy) : c.notFound();
  });
  app.get('/steering', async (c) => {
    const feed = feedOf(c);
    return feed ? c.json({ steerings: await feed.source.steerings() }) : c.notFound();
  });
  app.get('/spent', async (c) => {
    const feed = feedOf(c);
    return feed ? c.json({ points: await feed.source.spent() }) : c.notFound();
  });
  app.post('/control', async (c) => {
    const [feed, asked] = [feedOf(c), await sent(c, controlChangeSchema)];
    if (!feed) return c.notFound();
    await feed.source.change(asked, who(c));
    await feed.look();
    return c.json({ done: 'changed' });
  });
  app.post('/experiments', async (c) => {
    const [feed, tried] = [feedOf(c), await sent(c, triedSchema)];
    if (!feed) return c.notFound();
    return c.json({ done: await feed.source.tryOut(tried, who(c)) });
  });
  app.get('/events', async (c) => {
    const feed = feedOf(c);
    if (!feed) return c.notFound();
    if (streams.full)
      return c.text('32 pages are open already; close one, then reload\n', 503, { 'retry-after': '30' });
    await feed.join(c.env.outgoing, c.req.header('last-event-id') ?? '', HEADERS);
    return RESPONSE_ALREADY_SENT;
  });
  return app;
}

async function sent<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(await c.req.json().catch(() => null));
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new RefusedWish(`that cannot be used: ${path.join('.')} ${message}; see /api/v1/openapi.json`);
}

async function diffOf(feed: LaneFeed | null, from: string, to: string): Promise<FileDiff | null> {
  const [before, after] = await Promise.all([feed?.source.trainPy(from), feed?.source.trainPy(to)]);
  if (typeof before !== 'string' || typeof after !== 'string') return null;
  const diff = createTwoFilesPatch(`train.py of ${from}`, `train.py of ${to}`, before, after);
  return { from, to, diff: diff.slice(0, DIFF_CHARACTERS), cut: diff.length > DIFF_CHARACTERS };
}

/** Of a log that is longer its beginning is read. */
async function curveOf(feed: LaneFeed | null, experiment: string, wanted: number | null) {
  if (!feed) return null;
  const texts: string[] = [];
  for (let from = 0, attempt = wanted; from < LOG_BYTES; ) {
    const piece = await feed.source.log(experiment, attempt, from);
    if (!piece) return null;
    texts.push(piece.text);
    attempt = piece.attempt;
    if (piece.next <= from || piece.next >= piece.size) return { attempt, points: curveIn(texts.join('')) };
    from = piece.next;
  }
  return { attempt: wanted ?? 1, points: curveIn(texts.join('')) };
}

function numberIn(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : null;
}
