import { expect, onTestFinished, test, vi } from 'vitest';
import type { World } from '../../controller/core/world.ts';
import { Health } from '../../controller/observers/health.ts';
import { Metrics } from '../../controller/observers/metrics.ts';

const metrics = () => new Metrics('1.2.3');

test('a controller that has just begun lives', async () => {
  const health = new Health(['main'], metrics(), async () => null);
  expect(await health.answer('/livez')).toEqual({ status: 200, body: 'ok\n' });
  expect(await health.answer('/livez?verbose')).toEqual({ status: 200, body: 'ok\n' });
});

test('a lane that has stopped looking is stuck; one that looks in vain, as what it needs is away, is not', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const health = new Health(['main'], metrics(), async () => null);
  const observer = health.observer('main');
  const tenMinutes = 10 * 60_000;
  vi.setSystemTime(Date.now() + tenMinutes);
  observer.happened({ kind: 'trouble', sentence: 'the store does not answer; looking again in 60 s' });
  vi.setSystemTime(Date.now() + tenMinutes);
  expect((await health.answer('/livez')).status).toBe(200);
  vi.setSystemTime(Date.now() + 1);
  expect(await health.answer('/livez')).toEqual({ status: 503, body: 'main has stopped looking\n' });
});

test('a lane that has stopped is not stuck however long ago that was, until it begins anew', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const health = new Health(['main'], metrics(), async () => null);
  const late = () => vi.setSystemTime(Date.now() + 10 * 60_000 + 1);
  health.stopped('main', { reason: 'limit', sentence: 'the cap of 5 experiments' });
  late();
  expect((await health.answer('/livez')).status).toBe(200);
  health.observer('main').turn({} as World);
  expect((await health.answer('/livez')).status).toBe(200);
  late();
  expect((await health.answer('/livez')).status).toBe(503);
});

test('readiness is what the cluster answers, and says why it does not', async () => {
  expect(await new Health([], metrics(), async () => null).answer('/readyz')).toMatchObject({ status: 200 });
  const unready = await new Health([], metrics(), async () => 'no route').answer('/readyz');
  expect(unready).toEqual({ status: 503, body: 'no route\n' });
});

test.each([
  ['limit', 200],
  ['exhausted', 200],
  ['asked', 200],
  ['conditions', 503],
  ['baseline', 503],
  ['fenced', 503],
  ['foreign', 503],
] as const)(
  'a lane that stopped as %s answers %d to readiness, until it begins anew',
  async (reason, status) => {
    const health = new Health(['main'], metrics(), async () => null);
    health.stopped('main', { reason, sentence: 'its budget was 2 s and is 3 s' });
    const body = status === 200 ? 'ok\n' : 'lane main has stopped: its budget was 2 s and is 3 s\n';
    expect(await health.answer('/readyz')).toEqual({ status, body });
    expect((await health.answer('/livez')).status).toBe(200);
    health.heartbeat('main');
    expect((await health.answer('/readyz')).status).toBe(200);
  },
);

test('metrics are served', async () => {
  const { body } = await new Health([], metrics(), async () => null).answer('/metrics');
  expect(body).toContain('autoresearch_build_info{version="1.2.3"} 1');
});

test('any other path is not there', async () => {
  expect(await new Health([], metrics(), async () => null).answer('/')).toMatchObject({ status: 404 });
});
