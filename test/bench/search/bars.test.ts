// The short form of `npm run bench -- search`: what must hold whenever the loop is changed.
import { describe, expect, test } from 'vitest';
import { type Cell, rowOf } from './grid.ts';
import { lines } from './landscape.ts';
import { groupsOf } from './table.ts';
import { serialHours, waveRate } from './validity.ts';

const SEEDS = [1, 3];

async function groupOf(cell: Omit<Cell, 'seed'>, seeds = SEEDS) {
  const rows = [];
  for (const seed of seeds) rows.push(await rowOf({ ...cell, seed }));
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
    const cell = { land: 'noise 0.0001', policy: 'plain', width: 1, experiments: 200 };
    expect((await groupOf(cell)).ofSequential!.ratio).toBeGreaterThan(0.98);
  });
  // Carried one by one, owed gains come to 0.73 and 0.48 of it here.
  test.each([16, 64])('at width %i, too', async (width) => {
    const cell = { land: 'noise 0.0001', policy: 'plain', width, experiments: 384 };
    const { ofSequential, rows } = await groupOf(cell);
    expect(ofSequential!.ratio).toBeGreaterThan(0.85);
    expect(rows.map((row) => row.duplicates)).toEqual([0, 0]);
  });
});

describe('with evidence', () => {
  test('they add up, and are there when they are measured again', async () => {
    const cell = { land: 'lines', policy: 'evidence 2', width: 64, experiments: 400 };
    const { ofSequential, ofClaim } = await groupOf(cell);
    expect(ofSequential!.ratio).toBeGreaterThan(0.85);
    expect(ofClaim).toBeGreaterThan(0.95);
  });
  test('of a thousand edits that do nothing at most one is kept', async () => {
    const cell = { land: 'nothing', policy: 'evidence 2', width: 16, experiments: 500 };
    expect((await groupOf(cell, [1, 2])).falsePerThousand).toBeLessThanOrEqual(1);
  });
});
