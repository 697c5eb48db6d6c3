// What a person's hand does to a lane at work: a Job suspended, a right taken away, two controllers on one lane.
import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { needsCluster, theCluster } from '../fixture.ts';
import { evict, jobOf, plain, sleeper, target } from './lab.ts';
import { remainsOf } from './remains.ts';
import { NEXT, STRUCK, struckLanes } from './struck.ts';
import type { Said, Work } from './work.ts';

const found = await theCluster();
const MINUTES = 60_000;
const inLab = struckLanes(found);

describe.concurrent('a lane at work', { timeout: 20 * MINUTES }, () => {
  beforeEach(needsCluster(found));

  it('tries again what was running in a Job that is suspended by hand', async () => {
    await inLab(sleeper(6), {}, async (lab) => {
      const work = await lab.work();
      await lab.running(STRUCK, 1);
      await lab.change(lab.path('batch', 'jobs', jobOf(STRUCK, 1)), { spec: { suspend: true } });
      expect(await work.ends(), work.story).toBe(0);
      const { outcomes } = await remainsOf(lab);
      expect(outcomes).toMatchObject({ [STRUCK]: ['lost suspended', 'finished'], [NEXT]: ['finished'] });
    });
  });

  it('refuses a file that fits in no Job once, as a crash that costs nothing, and goes on', async () => {
    const large = `# ${randomBytes(75_000).toString('base64')}\n${plain('struck')}`;
    await inLab(large, {}, async (lab) => {
      const work = await lab.work();
      expect(await work.ends(), work.story).toBe(0);
      const { outcomes, rows, tried } = await remainsOf(lab, [jobOf(STRUCK, 1)]);
      expect(outcomes).toMatchObject({ [STRUCK]: ['crashed too_large'], [NEXT]: ['finished'] });
      expect(tried[STRUCK]![0]!.outcome.sentence).toMatch(
        /^train\.py takes more than \d+ bytes packed .*; make it smaller$/,
      );
      expect(rows.find((row) => row.experiment === STRUCK)).toMatchObject({
        error: 'too_large',
        wall_seconds: '0.0',
      });
    });
  });

  // Lists are made every 15 s: the run must last until then.
  it.each([
    [
      'create',
      'jobs',
      plain('struck'),
      /403 Forbidden: .*cannot create resource "jobs".*autoresearch doctor/,
    ],
    ['list', 'jobs', sleeper(25), /cannot list resource "jobs".*autoresearch doctor/],
    ['patch', 'jobs', plain('struck'), /cannot patch resource "jobs".*autoresearch doctor/],
    ['list', 'pods', sleeper(25), /cannot list resource "pods".*autoresearch doctor/],
    ['get', 'pods/log', plain('struck'), /cannot get resource "pods\/log".*autoresearch doctor/],
  ])(
    'says so when it may no longer %s %s, and goes on when it may again',
    async (verb, resource, trainPy, why) => {
      await inLab(trainPy, {}, async (lab) => {
        const work = await lab.work();
        await lab.running(STRUCK, 1);
        await lab.forbid(resource, verb);
        await work.says('what it may not do', ({ msg }) => why.test(msg));
        await lab.forbid();
        expect(await work.ends(), work.story).toBe(0);
        const { outcomes, tried } = await remainsOf(lab);
        expect(outcomes).toMatchObject({ [STRUCK]: ['finished'], [NEXT]: ['finished'] });
        expect(tried[STRUCK]!.map(({ outcome }) => outcome.logNote)).toEqual(['']);
      });
    },
  );

  // A watch brings the end of a run that ends well; it is read again where something was done to its Pod.
  it('says so when it may no longer get pods and one is evicted, and goes on when it may again', async () => {
    await inLab(target, {}, async (lab) => {
      const work = await lab.work();
      const pod = await lab.running(STRUCK, 1);
      await lab.forbid('pods', 'get');
      await evict(lab, pod);
      const why = /cannot get resource "pods".*autoresearch doctor/;
      await work.says('what it may not do', ({ msg }) => why.test(msg));
      await lab.forbid();
      expect(await work.ends(), work.story).toBe(0);
      const { outcomes } = await remainsOf(lab);
      expect(outcomes).toMatchObject({ [STRUCK]: ['lost drained', 'finished'], [NEXT]: ['finished'] });
    });
  });

  it.each<[string, (second: Work) => Promise<unknown>]>([
    ['before the second one has decided anything', (second) => second.says('that it began', isBegin)],
    ['while the second one works', (second) => second.says('what was decided', isDecision)],
    ['after the second one has ended', (second) => second.ends()],
  ])('belongs to its second controller when the first one is stopped and goes on %s', async (_, until) => {
    await inLab(sleeper(6), {}, async (lab) => {
      const first = await lab.work();
      await lab.running(STRUCK, 1);
      first.signal('SIGSTOP');
      const second = await lab.work();
      await until(second);
      first.signal('SIGCONT');
      expect(await first.ends(), first.story).toBe(3);
      expect(first.story).toMatch(/another controller has taken over this lane/);
      expect(await second.ends(), second.story).toBe(0);
      const { outcomes } = await remainsOf(lab);
      expect(outcomes).toMatchObject({ [STRUCK]: ['finished'], [NEXT]: ['finished'] });
    });
  });
});

const isBegin = ({ kind }: Said) => kind === 'began';
const isDecision = ({ status }: Said) => status !== undefined;
