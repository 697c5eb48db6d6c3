// What a person's hand does to a lane at work: a Job suspended, a right taken away, two controllers on one lane.
import { beforeEach, describe, expect, it } from 'vitest';
import { needsCluster, theCluster } from './fixture.ts';
import { jobOf, plain, sleeper } from './lab.ts';
import { remainsOf } from './remains.ts';
import { NEXT, STRUCK, struckLanes } from './struck.ts';

const found = await theCluster();
const MINUTES = 60_000;
const inLab = struckLanes(found);

describe.concurrent('a lane at work', { timeout: 8 * MINUTES }, () => {
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

  it.each([
    ['create', 'jobs', /403 Forbidden: .*cannot create resource "jobs".*autoresearch doctor/],
    ['list', 'jobs', /cannot list resource "jobs".*autoresearch doctor/],
    ['patch', 'jobs', /cannot patch resource "jobs".*autoresearch doctor/],
    ['list', 'pods', /cannot list resource "pods".*autoresearch doctor/],
    ['get', 'pods', /cannot get resource "pods".*autoresearch doctor/],
    ['get', 'pods/log', /cannot get resource "pods\/log".*autoresearch doctor/],
  ])('says so when it may no longer %s %s, and goes on when it may again', async (verb, resource, why) => {
    await inLab(plain('struck'), {}, async (lab) => {
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
  });

  it.each([
    ['while the second one works', false],
    ['after the second one has ended', true],
  ])('belongs to its second controller when the first one was stopped and goes on %s', async (_, late) => {
    await inLab(sleeper(6), {}, async (lab) => {
      const first = await lab.work();
      await lab.running(STRUCK, 1);
      first.signal('SIGSTOP');
      const second = await lab.work();
      await second.says('that the struck one is decided', (said) => said.status !== undefined);
      if (late) expect(await second.ends(), second.story).toBe(0);
      first.signal('SIGCONT');
      expect(await first.ends(), first.story).toBe(3);
      expect(first.story).toMatch(/another controller has taken over this lane/);
      expect(await second.ends(), second.story).toBe(0);
      const { outcomes } = await remainsOf(lab);
      expect(outcomes).toMatchObject({ [STRUCK]: ['finished'], [NEXT]: ['finished'] });
    });
  });
});
