import { expect, test } from 'vitest';
import { siblings } from '../../controller/std/siblings.ts';

test('the values come in their order', async () => {
  expect(await siblings([Promise.resolve(1), Promise.resolve(2)])).toEqual([1, 2]);
});

test('a failure is told once the others have ended, too', async () => {
  let end = (_: number) => {};
  const slow = new Promise<number>((done) => {
    end = done;
  });
  let told = '';
  const both = siblings([Promise.reject(new Error('away')), slow]).catch((error: Error) => {
    told = error.message;
  });
  await new Promise(setImmediate);
  expect(told).toBe('');
  end(1);
  await both;
  expect(told).toBe('away');
});
