// What every Executor must do, run against each adapter and against the memory executor.
import { afterAll, describe, expect, test } from 'vitest';
import { intentSha256 } from '../../controller/intent.ts';
import type { Executor, Intent, Run } from '../../controller/ports.ts';

/** What a run of the suite does; each world gives the train.py (or the script) that does it. */
export type Act =
  /** Prints the two lines of `LINES` and ends by itself, soon. */
  | 'ends'
  /** Prints the first line, then goes on until it is removed. */
  | 'lasts';

export const LINES = ['first line', 'second line'] as const;

/** A machine for runs that several executors can be opened on, as controllers do one after another. */
export interface ExecutorWorld {
  open(): Executor;
  /** train.py of a run that does this. */
  trainPy(act: Act): string;
  /** Lets time pass until `holds`; throws where it never comes to that. */
  until(holds: () => Promise<boolean>): Promise<void>;
  close(): Promise<void>;
}

const LANE = 'suite';

/** `make` gives a machine without runs each time. */
export function executorConforms(name: string, make: () => Promise<ExecutorWorld>): void {
  describe(`${name} is an executor:`, () => {
    const worlds: ExecutorWorld[] = [];
    const begin = async () => {
      const world = await make();
      worlds.push(world);
      return { world, executor: world.open() };
    };
    afterAll(async () => {
      await Promise.all(worlds.map((world) => world.close()));
    });

    test('where nothing was launched nothing is listed', async () => {
      const { executor } = await begin();
      expect(await executor.list(LANE)).toEqual([]);
    });

    test('a launched run is listed with its intent and a nonce of its own', async () => {
      const { world, executor } = await begin();
      const intents = [intentOf(world, 'ends', 1), intentOf(world, 'ends', 2)];
      for (const intent of intents) expect(await executor.launch(intent)).toEqual({ kind: 'launched' });
      const runs = await executor.list(LANE);
      expect(
        runs.map(({ lane, experiment, attempt, intent }) => ({ lane, experiment, attempt, intent })),
      ).toEqual(
        intents.map((intent) => ({
          lane: LANE,
          experiment: intent.experiment,
          attempt: 1,
          intent: intentSha256(intent),
        })),
      );
      for (const { nonce } of runs) expect(nonce).toMatch(/^[0-9a-f]{32}$/);
      expect(new Set(runs.map((run) => run.nonce)).size).toBe(2);
    });

    test('it ends with a result that carries its nonce, and with its whole log', async () => {
      const { world, executor } = await begin();
      await executor.launch(intentOf(world, 'ends'));
      const run = await ended(world, executor);
      expect(run.state).toMatchObject({ kind: 'ended', ending: { word: '', atMs: expect.any(Number) } });
      expect(sealedOf(run)).toContain(run.nonce);
      expect(Number.isInteger(run.state.kind === 'ended' && run.state.ending.atMs)).toBe(true);
      expect(text(await executor.log(run))).toContain(`${LINES[0]}\n${LINES[1]}\n`);
    });

    test('launching the same intent again changes nothing, while it runs and after its end', async () => {
      const { world, executor } = await begin();
      const intent = intentOf(world, 'ends');
      for (let i = 0; i < 3; i++) expect(await executor.launch(intent)).toEqual({ kind: 'launched' });
      const run = await ended(world, executor);
      expect(await executor.launch(intent)).toEqual({ kind: 'launched' });
      expect(await executor.list(LANE)).toEqual([run]);
    });

    test('of launches at the same moment one starts a run', async () => {
      const { world, executor } = await begin();
      const intent = intentOf(world, 'ends');
      const executors = [executor, executor, world.open(), world.open()];
      const answers = await Promise.all(executors.map((one) => one.launch(intent)));
      expect(answers).toEqual(executors.map(() => ({ kind: 'launched' })));
      await ended(world, executor);
      expect((await executor.list(LANE)).length).toBe(1);
    });

    test.each<[string, Partial<Intent>]>([
      ['another file', { trainPy: '# another' }],
      ['another seed', { seed: 99 }],
      ['another base', { parent: 'b'.repeat(40) }],
      ['other clocks', { clocks: { budgetSeconds: 2, startSeconds: 30, wallSeconds: 60 } }],
      ['other rules for sealing', { requireSealed: true }],
    ])('%s under the same name is a conflict, and leaves the run alone', async (_, change) => {
      const { world, executor } = await begin();
      const intent = intentOf(world, 'ends');
      await executor.launch(intent);
      const answer = await executor.launch({ ...intent, ...change });
      expect(answer).toEqual({ kind: 'conflict', sentence: expect.stringMatching(/\w+ \w+/) });
      const run = await ended(world, executor);
      expect(run.intent).toBe(intentSha256(intent));
      expect((await executor.list(LANE)).length).toBe(1);
    });

    test('a lane sees its own runs only, whatever the other is called', async () => {
      const { world, executor } = await begin();
      const lanes = [LANE, `${LANE}-2`, `${LANE}-000001-a1`, 'suit'];
      for (const lane of lanes) await executor.launch({ ...intentOf(world, 'ends'), lane });
      for (const lane of lanes) expect((await executor.list(lane)).map((run) => run.lane)).toEqual([lane]);
    });

    test('runs are listed by experiment and attempt', async () => {
      const { world, executor } = await begin();
      const order = [
        [1000000, 1],
        [2, 10],
        [2, 2],
        [10, 1],
      ] as const;
      for (const [n, attempt] of order) await executor.launch({ ...intentOf(world, 'ends', n), attempt });
      const listed = (await executor.list(LANE)).map((run) => [Number(run.experiment), run.attempt]);
      expect(listed).toEqual([
        [2, 2],
        [2, 10],
        [10, 1],
        [1000000, 1],
      ]);
    });

    test('a run goes on without its controller and is adopted by the next one as it is', async () => {
      const { world, executor } = await begin();
      await executor.launch(intentOf(world, 'lasts'));
      const first = await running(world, executor);
      await world.until(async () => text(await executor.log(first)).includes(`${LINES[0]}\n`));
      const [before] = (await executor.list(LANE)) as [Run];
      const next = world.open();
      expect(await next.list(LANE)).toEqual([before]);
      expect(before).toMatchObject({ nonce: first.nonce, state: { kind: 'running' } });
      expect(text(await next.log(before))).toContain(`${LINES[0]}\n`);
      await next.remove(before);
      expect(await next.list(LANE)).toEqual([]);
    });

    test('an ended run shows the same to every controller until it is removed', async () => {
      const { world, executor } = await begin();
      await executor.launch(intentOf(world, 'ends'));
      const run = await ended(world, executor);
      expect(await executor.list(LANE)).toEqual([run]);
      expect(await world.open().list(LANE)).toEqual([run]);
    });

    test.each([
      ['the end of the log', 5],
      ['nothing', 0],
      ['all of a shorter log', 1_000_000],
    ])('a tail is %s', async (_, tailBytes) => {
      const { world, executor } = await begin();
      await executor.launch(intentOf(world, 'ends'));
      const run = await ended(world, executor);
      const whole = text(await executor.log(run));
      expect(text(await executor.log(run, tailBytes))).toBe(
        whole.slice(Math.max(0, whole.length - tailBytes)),
      );
    });

    test('removing ends what runs, and takes the log with it', async () => {
      const { world, executor } = await begin();
      await executor.launch(intentOf(world, 'lasts'));
      const run = await running(world, executor);
      await executor.remove(run);
      expect(await executor.list(LANE)).toEqual([]);
      expect(await executor.log(run)).toBeNull();
    });

    test('removing twice, or by two controllers, is no error', async () => {
      const { world, executor } = await begin();
      await executor.launch(intentOf(world, 'ends'));
      const run = await ended(world, executor);
      await Promise.all([executor.remove(run), world.open().remove(run)]);
      await executor.remove(run);
      expect(await executor.list(LANE)).toEqual([]);
    });

    test('removing a run that was just launched leaves nothing behind', async () => {
      const { world, executor } = await begin();
      const intent = intentOf(world, 'lasts');
      await executor.launch(intent);
      const [run] = await executor.list(LANE);
      await executor.remove(run!);
      expect(await executor.list(LANE)).toEqual([]);
      // The name is free again, and the new run is a new one.
      await executor.launch(intent);
      expect((await running(world, executor)).nonce).toMatch(/^[0-9a-f]{32}$/);
      await executor.remove(run!);
    });
  });
}

/** The same on each call but for the experiment's number. */
export function intentOf(world: Pick<ExecutorWorld, 'trainPy'>, act: Act, n = 1): Intent {
  return {
    lane: LANE,
    experiment: String(n).padStart(6, '0'),
    attempt: 1,
    parent: 'a'.repeat(40),
    trainPy: world.trainPy(act),
    seed: 7,
    // A run that `lasts` is ended by the test, never by its wall.
    clocks: { budgetSeconds: 1, startSeconds: 30, wallSeconds: 600 },
    requireSealed: false,
  };
}

/** The one run of the suite's lane, once it has ended. */
export async function ended(world: ExecutorWorld, executor: Executor): Promise<Run> {
  return once(world, executor, 'ended');
}

/** The one run of the suite's lane, once its supervisor works. */
export async function running(world: ExecutorWorld, executor: Executor): Promise<Run> {
  return once(world, executor, 'running');
}

async function once(world: ExecutorWorld, executor: Executor, kind: Run['state']['kind']): Promise<Run> {
  let run: Run | undefined;
  await world.until(async () => {
    [run] = await executor.list(LANE);
    return run?.state.kind === kind;
  });
  return run!;
}

function sealedOf(run: Run): string | null {
  return run.state.kind === 'ended' ? run.state.ending.sealed : null;
}

function text(bytes: Uint8Array | null): string {
  return bytes === null ? '<gone>' : Buffer.from(bytes).toString();
}
