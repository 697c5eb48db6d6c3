// The short form of `npm run bench -- search`: what must hold whenever the loop is changed.
import { describe, expect, test } from 'vitest';
import { type Cell, rowOf } from './grid.ts';
import { lines } from './landscape.ts';
import { groupsOf } from './table.ts';
import { serialHours, waveRate } from './validity.ts';

const SEEDS = [1, 2, 3];

async function groupOf(cell: Omit<Cell, 'seed'>) {
  const rows = [];
  for (const seed of SEEDS) rows.push(await rowOf({ ...cell, seed }));
  return groupsOf(rows)[0]!;
}

describe('virtual time tells what is known of others', () => {
  test('one run after another takes as long as it takes', () => {
    const seconds = SEEDS.map((seed) => 3600 * serialHours({ ...lines, seed }));
    for (const each of seconds) expect(Math.abs(each - 344)).toBeLessThan(7);
  });
  test('waves get as much out of a GPU as they do', () => {
    for (const seed of SEEDS) expect(waveRate({ ...lines, seed })).toBeCloseTo(7.2, 0);
  });
});

describe('parallel gains add up', () => {
  test('at width 1 a lane gains what is gained one after another', async () => {
    const { ofSequential } = await groupOf({
      land: 'noise 0.0001',
      policy: 'plain',
      width: 1,
      experiments: 200,
    });
    expect(ofSequential!.ratio).toBeGreaterThan(0.98);
  });
  // Carried one by one, owed gains come to 0.73 and 0.48 of it here.
  test.each([16, 64])('at width %i, too', async (width) => {
    const { ofSequential, rows } = await groupOf({
      land: 'noise 0.0001',
      policy: 'plain',
      width,
      experiments: 400,
    });
    expect(ofSequential!.ratio).toBeGreaterThan(0.85);
    expect(rows.map((row) => row.duplicates)).toEqual([0, 0, 0]);
  });
});
