// Logs that are read beside the turns are kept for as long as somebody may collect them, and no longer.
import { expect, test } from 'vitest';
import type { Run } from '../../controller/core/run.ts';
import { RunLogs } from '../../controller/loop/turn/run-logs.ts';
import { run } from '../core/trials.ts';
import { settle } from '../double/time.ts';

/** A machine that gives a log when it is told to; a turn's wait for it is over at once. */
function silent() {
  const asked: ((log: Uint8Array) => void)[] = [];
  const executor = { log: () => new Promise<Uint8Array>((give) => asked.push(give)) };
  const logs = new RunLogs(executor, { now: () => 0, sleep: async () => {} }, () => {});
  return { asked, logs };
}

test('a log that came late is collected without being asked for again', async () => {
  const { asked, logs } = silent();
  const ended: Run = run('000001', 1, 'ended');
  expect(await logs.of(ended)).toBe('later');
  expect(logs.shown([ended])).toMatchObject([{ state: { kind: 'pending' } }]);
  const log = new Uint8Array(1);
  asked[0]!(log);
  await settle();
  expect(await logs.of(ended)).toBe(log);
  expect(asked).toHaveLength(1);
});

test('a log of a run that is gone before it came is kept for nobody', async () => {
  const { asked, logs } = silent();
  const ended: Run = run('000001', 1, 'ended');
  expect(await logs.of(ended)).toBe('later');
  asked[0]!(new Uint8Array(8 << 20));
  await settle();
  expect(logs.shown([])).toEqual([]);
  expect(await logs.of(ended)).toBe('later');
  expect(asked).toHaveLength(2);
});
