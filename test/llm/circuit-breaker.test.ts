import { expect, test } from 'vitest';
import { CircuitBreaker } from '../../controller/llm/circuit-breaker.ts';
import { VirtualTime } from '../double/time.ts';

test.each([
  ['goes on as it should', 0, 30_000],
  ['is set back by a day', -86_400_000, 0],
])('while the clock %s, calls are held back for that long', (_, stepMs, waitMs) => {
  const time = new VirtualTime();
  const breaker = new CircuitBreaker(time.clock);
  for (let failures = 0; failures < 5; failures++) breaker.failed(0, false);
  time.nowMs += stepMs;
  expect(breaker.waitMs()).toBe(waitMs);
});
