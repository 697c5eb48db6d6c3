// A whole lane driven by an agent that crashes, hangs, prints garbage, floods and lies about what it cost.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { proposerOf } from '../../../controller/adapters/builtin/proposers.ts';
import { systemClock } from '../../../controller/adapters/clock.ts';
import { MixedProposer } from '../../../controller/adapters/mix.ts';
import { sha256Hex } from '../../../controller/intent.ts';
import type { Proposer } from '../../../controller/ports.ts';
import { proposerConforms } from '../../contract/proposer.ts';
import { VirtualTime } from '../../double/time.ts';
import { KNOBS_PY, playLane } from '../../messages/lane.ts';
import { briefOn } from '../../messages/rig.ts';
import { IDEA, python, rigOf } from './rig.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'agent-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const state = () => join(dir, `calls-${Math.random()}`);

/** Each call does the next thing of a list; knobs are moved to values that nobody had. */
const moody = (counter: string) =>
  python(`${IDEA}
import re, time
with open("${counter}", "a+") as calls:
    calls.write("x")
    calls.seek(0)
    n = len(calls.read())
def move():
    knob = f"K{n % 100:02d}"
    new = re.sub(rf"^{knob} = \\S+ ", f"{knob} = {1 + n / 1000:.3f} ", text, flags=re.M)
    print(json.dumps({"description": f"{knob}: try {n}", "train_py": new, "usd": 0.1}), flush=True)
mood = n % 7
if mood == 0: sys.exit("a crash")
if mood == 1: print("garbage"); print("{not json")
if mood == 2:
    while True: print("flood")
if mood == 3: time.sleep(600)
if mood == 4: move(); print(json.dumps({"usd": 1000}))
if mood == 5: print(json.dumps({"description": "d", "usd": "a lot"})); move()
if mood == 6: move()
`);

/** Deadlines pass at once for what sleeps, and never for what does not: a call that hangs is told by its sleep. */
async function lane(fallback: boolean, maxUsd: number) {
  const time = new VirtualTime();
  const rig = rigOf(moody(state()), {
    clock: systemClock,
    deadlineMs: 3000,
    usdPerCall: 0.25,
    ideasPerCall: 1,
    maxUsd,
  });
  const told: string[] = [];
  const proposer = fallback
    ? new MixedProposer(
        [
          { proposer: rig.proposer, share: 1, instant: false },
          { proposer: proposerOf('builtin'), share: 0, instant: true },
        ],
        (sentence) => told.push(sentence),
      )
    : rig.proposer;
  let busy = 0;
  time.busy = () => busy > 0;
  const counted: Proposer = {
    async propose(brief, count, signal, here) {
      busy++;
      try {
        return await proposer.propose(brief, count, signal, here);
      } finally {
        busy--;
      }
    },
    fix: (brief, signal) => proposer.fix(brief, signal),
  };
  const limits = { experiments: 8, gpuHours: null, usd: maxUsd };
  const played = await playLane(
    { time, store: rig.store, proposer: counted, budget: rig.budget },
    { width: 1, ahead: 0, freeIdeas: fallback, limits },
  );
  return { played, told, spentUsd: await rig.budget.spentUsd() };
}

const sources = ({ happened }: Awaited<ReturnType<typeof lane>>['played']) =>
  happened.flatMap((one) => (one.kind === 'decided' ? [one.decision.source] : [])).slice(1);

test('it goes on through everything, and spends no more than its cap', async () => {
  const { played, spentUsd } = await lane(false, 50);
  expect(played.stop).toMatchObject({ reason: 'limit', sentence: expect.stringMatching(/^8 experiments/) });
  expect(new Set(sources(played))).toEqual(new Set(['command']));
  // Of three good calls in seven one lies, and four calls end badly: those count in full.
  expect(spentUsd).toBeGreaterThan(8 * 0.1);
  expect(spentUsd).toBeLessThan(24 * 0.25);
  const held = played.happened.flatMap((one) => (one.kind === 'held' ? [one.sentence] : []));
  for (const words of [/a crash/, /one object in a line/, /wrote more/, /was ended after 3 s/])
    expect(
      held.some((sentence) => words.test(sentence)),
      `${words}: ${held}`,
    ).toBe(true);
});

test('at its cap the built-in proposer goes on, where the setting says so', async () => {
  const { played, told, spentUsd } = await lane(true, 1);
  expect(played.stop).toMatchObject({ reason: 'limit', sentence: expect.stringMatching(/^8 experiments/) });
  expect(new Set(sources(played))).toEqual(new Set(['command', 'builtin']));
  expect(spentUsd).toBeLessThanOrEqual(1);
  expect(told.join()).toMatch(/raise --max-usd/);
});

test('at its cap it ends, where nobody else is there', async () => {
  const { played, spentUsd } = await lane(false, 1);
  expect(played.stop.reason).toBe('limit');
  expect(played.stop.sentence).toMatch(/raise --max-usd/);
  expect(spentUsd).toBeLessThanOrEqual(1);
});

proposerConforms(
  'a command',
  async () => {
    const script = `${IDEA}
for n in range(brief["count"]):
    idea(f"{os.getpid()} {n}")`;
    const rig = rigOf(python(script));
    return { open: () => rig.proposer, close: async () => {} };
  },
  { brief: briefOn({ trainPy: KNOBS_PY, tried: [sha256Hex(KNOBS_PY)] }) },
);
