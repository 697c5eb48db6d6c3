import { expect, test } from 'vitest';
import { Health } from '../../controller/cli/health.ts';
import type { World } from '../../controller/core/world.ts';

const world = {
  lane: { width: 3 },
  control: { paused: true },
  standing: { tipBpb: 1.25 },
  runs: [{ state: { kind: 'pending' } }, { state: { kind: 'running' } }, { state: { kind: 'running' } }],
} as unknown as World;

test('a controller that has just begun lives', async () => {
  const health = new Health(['main'], async () => null);
  expect(await health.answer('/livez')).toEqual({ status: 200, body: 'ok\n' });
});

test('readiness is what the cluster answers, and says why it does not', async () => {
  expect(await new Health([], async () => null).answer('/readyz')).toMatchObject({ status: 200 });
  const unready = await new Health([], async () => 'no route').answer('/readyz');
  expect(unready).toEqual({ status: 503, body: 'no route\n' });
});

test('metrics tell what a turn saw', async () => {
  const health = new Health(['main'], async () => null);
  health.watcher('main').turn(world);
  const { body } = await health.answer('/metrics');
  expect(body).toContain('autoresearch_best_val_bpb{lane="main"} 1.25');
  expect(body).toContain('autoresearch_active_runs{lane="main",state="running"} 2');
  expect(body).toContain('autoresearch_slots{lane="main"} 3');
  expect(body).toContain('autoresearch_paused{lane="main"} 1');
});

test('any other path is not there', async () => {
  expect(await new Health([], async () => null).answer('/')).toMatchObject({ status: 404 });
});
