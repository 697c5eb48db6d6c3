// I9 with S3 and a remote: the way there is cut at any request, the controller may be lost with its disk, and all of it
// may be away for long. `npm run test:long` goes through every request.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cut, Wire } from './cutting-proxy.ts';
import { each } from './points.ts';
import type { Remains } from './remains.ts';
import { Far } from './remotes.ts';
import { type ScriptName, scripts } from './script.ts';

const AT_ONCE = 2;
const LONG = process.env.TIER === 'long';
/** Points of each kind in the short run, a third of them where seeds decide; SWEEP_POINTS says otherwise, and races thirty times. */
const SHORT = Number(process.env.SWEEP_POINTS ?? 9);
/** Races of two controllers. */
const RACES = LONG || process.env.SWEEP_POINTS ? 30 : 4;
const MINUTES = 60_000;
/** Only ends what hangs; every request of the long run takes two hours of a busy machine. */
const HOURS = (LONG ? 360 : 60) * MINUTES;

interface Leg {
  readonly script: ScriptName;
  readonly experiment: number;
  readonly from: string;
  readonly requests: number;
  readonly asked: number;
  readonly remains: Remains;
}

let far: Far;
const legs: Leg[] = [];

beforeAll(async () => {
  far = await Far.open();
  for (const script of Object.keys(scripts) as ScriptName[]) {
    const work = await far.folder();
    for (let experiment = 0; experiment <= scripts[script].experiments; experiment++) {
      const from = await far.folder(work);
      const { requests, asked } = await finish(work, { script, experiment });
      legs.push({ script, experiment, from, requests, asked, remains: await far.remains(work) });
    }
  }
}, 30 * MINUTES);
afterAll(() => far?.close());

/** A controller on a wire that nobody cuts. */
async function finish(dir: string, { script, experiment }: Pick<Leg, 'script' | 'experiment'>) {
  const wire = new Wire();
  const life = await far.begin(dir, scripts[script], experiment, wire);
  const { reason, sentence } = await life.stopped;
  await wire.close();
  if (reason !== 'limit') throw new Error(`it stopped otherwise than by its limit: ${reason}: ${sentence}`);
  return { requests: wire.requests, asked: life.asked() };
}

type Point = Cut & { readonly leg: Leg };

/** Every request on both sides, or some that are spread over all of them. */
function points(): Point[] {
  const all = legs.flatMap((leg) =>
    Array.from({ length: leg.requests }, (_, i) =>
      (['before', 'after'] as const).map((when) => ({ leg, k: i + 1, when })),
    ).flat(),
  );
  if (LONG) return all;
  const stride = Math.floor(all.length / SHORT) | 1;
  return Array.from({ length: SHORT }, (_, i) => all[(i * stride) % all.length]!);
}

const lastOf = (script: ScriptName) => legs.findLast((leg) => leg.script === script)!;
const named = ({ leg, k, when }: Point) =>
  `${when} request ${k} of experiment ${leg.experiment} of ${leg.script}`;

test('the script ends as it does on a disk', () => {
  const { rows, frontier, begun, runs, undecided, published } = lastOf('plain').remains;
  expect(rows.map((row) => Reflect.get(row, 'status'))).toEqual([
    'keep',
    'keep',
    'discard',
    'keep',
    'crash',
    'crash',
    'keep',
  ]);
  expect(frontier).toHaveLength(4);
  expect(begun).toHaveLength(scripts.plain.attempts);
  expect([...runs, ...undecided]).toEqual([]);
  expect(published).toBe(true);
});

test('with evidence, too', () => {
  const { rows, frontier, begun, runs, undecided, published } = lastOf('evidence').remains;
  const reasons = rows.map((row) => Reflect.get(row, 'reason'));
  expect(reasons).toEqual(['baseline', 'aboard', 'better', 'worse', 'worse', 'aboard', 'better']);
  expect(frontier).toHaveLength(3);
  expect(begun).toHaveLength(scripts.evidence.attempts);
  expect([...runs, ...undecided]).toEqual([]);
  expect(published).toBe(true);
});

test('cut off at a request, it goes on by itself', { timeout: HOURS }, async () => {
  let cuts = 0;
  let troubles = 0;
  await each(points(), AT_ONCE, async (point) => {
    const dir = await far.folder(point.leg.from);
    const wire = new Wire(point);
    const life = await far.begin(dir, scripts[point.leg.script], point.leg.experiment, wire, ({ kind }) => {
      if (kind === 'trouble') troubles++;
    });
    expect((await life.stopped).reason, named(point)).toBe('limit');
    await wire.close();
    cuts += Number(wire.done);
    expect(await far.remains(dir), named(point)).toEqual(point.leg.remains);
  });
  expect(cuts).toBeGreaterThan(SHORT / 2);
  console.log(
    `S3 and remote: ${cuts} requests cut off, ${troubles} cost the memory of a lane, every end the same`,
  );
});

test('cut off and lost with its disk, another one with nothing but the URLs ends it the same', {
  timeout: HOURS,
}, async () => {
  let cuts = 0;
  await each(points(), AT_ONCE, async (point) => {
    const dir = await far.folder(point.leg.from);
    let life: { stop(): void } | null = null;
    const wire = new Wire(point, () => {
      wire.black();
      life?.stop();
    });
    const first = await far.begin(dir, scripts[point.leg.script], point.leg.experiment, wire);
    life = first;
    if (wire.done) first.stop();
    await first.stopped;
    await wire.close();
    cuts += Number(wire.done);
    await finish(dir, point.leg);
    expect(await far.remains(dir), named(point)).toEqual(point.leg.remains);
  });
  expect(cuts).toBeGreaterThan(SHORT / 2);
  console.log(`S3 and remote: ${cuts} controllers lost at a request, every end the same`);
});

test(`of two controllers that begin at once one ends it, the other is told to stop, ${RACES} times`, {
  timeout: HOURS,
}, async () => {
  let fenced = 0;
  for (let race = 0; race < RACES; race++) {
    const leg = legs[race % legs.length]!;
    const dir = await far.folder(leg.from);
    const wires = [new Wire(), new Wire()];
    const lives = await Promise.all(
      wires.map((wire) => far.begin(dir, scripts[leg.script], leg.experiment, wire)),
    );
    const stops = await Promise.all(lives.map((life) => life.stopped));
    await Promise.all(wires.map((wire) => wire.close()));
    const reasons = stops.map(({ reason }) => reason).sort();
    expect(reasons, `race ${race}`).toContain('limit');
    for (const { reason, sentence } of stops)
      if (reason !== 'limit') {
        expect(reason, `race ${race}`).toBe('fenced');
        expect(sentence).toMatch(/another controller has taken over.*Run only one/);
        fenced++;
      }
    const { rows, frontier, undecided, published } = leg.remains;
    expect(await far.remains(dir), `race ${race}`).toMatchObject({
      frontier,
      undecided,
      published,
      runs: [],
    });
    expect(withoutSeq((await far.remains(dir)).rows), `race ${race}`).toEqual(withoutSeq(rows));
  }
  expect(fenced).toBeGreaterThan(0);
  console.log(
    `S3 and remote: ${RACES} races, ${fenced} controllers stopped by the other, one row per experiment`,
  );
});

test('with both away for long it asks for nothing, launches nothing, and drains all afterwards', {
  timeout: HOURS,
}, async () => {
  const some = points().filter((_, i) => i % (LONG ? 7 : 2) === 0);
  await each(some, AT_ONCE, async (point) => {
    const dir = await far.folder(point.leg.from);
    let failures = 0;
    let before = 0;
    const wire = new Wire(point, () => {
      wire.black();
      before = life?.asked() ?? 0;
    });
    let life: Awaited<ReturnType<Far['begin']>> | null = null;
    life = await far.begin(dir, scripts[point.leg.script], point.leg.experiment, wire, ({ kind }) => {
      if (kind !== 'trouble' || ++failures !== 4) return;
      // What was under way when the light went out may have been asked for; nothing since.
      expect(life!.asked() - before, named(point)).toBeLessThanOrEqual(1);
      wire.light();
    });
    expect((await life.stopped).reason, named(point)).toBe('limit');
    await wire.close();
    expect(await far.remains(dir), named(point)).toEqual(point.leg.remains);
  });
  console.log(`S3 and remote: away at ${some.length} requests for four sessions each, every end the same`);
});

/** Where two took turns, one may have left a number out. */
function withoutSeq(rows: Remains['rows']): object[] {
  return rows.map((row) => ({ ...row, seq: 0 }));
}
