import { describe, expect, test } from 'vitest';
import { circlesIn, floorsOf } from './circles.ts';
import { twinTypes, unusedExports } from './exports.ts';
import { arrowGraph, fileGraph, roomGraph, unusedArrows } from './rooms.ts';
import { rules } from './rules.ts';
import { fullFolders, largeSums, longFiles } from './sizes.ts';
import { pathsOf, sources, within } from './sources.ts';
import { violations } from './violations.ts';

describe('the repository', () => {
  const files = sources();

  test('is looked at as a whole', () => {
    for (const path of [
      'controller/core/decide.ts',
      'controller/ports.ts',
      'controller/setup.mjs',
      'harness/supervise.py',
      'harness/seal/confine/levels.py',
      'images/controller/build.mjs',
      'test/cluster/up.ts',
    ])
      expect([...files.keys()]).toContain(path);
  });

  test('keeps the rules in every file', () => {
    expect(violations(files, rules).map(({ path, sentence }) => `${path} ${sentence}`)).toEqual([]);
  });

  test('has no circle of files', () => {
    expect(circlesIn(fileGraph(files)).map((circle) => circle.join(' -> '))).toEqual([]);
  });

  test('has no circle of rooms', () => {
    expect(circlesIn(roomGraph(files, rules)).map((circle) => circle.join(' -> '))).toEqual([]);
  });

  test('has rooms on floors, with the ports above the core and the command above the wiring', () => {
    const floors = floorsOf(arrowGraph(rules));
    const order = ['core', 'ports', 'loop', 'observers', 'wiring', 'cli'].map((room) => floors.get(room)!);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(new Set(order).size).toBe(order.length);
  });

  test('needs every arrow that the rules allow', () => {
    expect(unusedArrows(files, rules)).toEqual([]);
  });

  test('exports nothing that no other file imports', () => {
    expect(unusedExports(files).filter((one) => /^(controller|images)\//.test(one))).toEqual([]);
  });

  test('gives a type of the controller one name and one file', () => {
    expect(twinTypes(within('controller/', files))).toEqual([]);
  });

  test('has no file that is too long, and no short one on the list of longer files', () => {
    expect(longFiles(files, rules)).toEqual([]);
  });

  test('has no folder with too many files', () => {
    expect(fullFolders(pathsOf(), rules)).toEqual([]);
  });

  test('keeps small what must stay small', () => {
    expect(largeSums(files, rules)).toEqual([]);
  });
});
