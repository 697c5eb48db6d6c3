// Which room a file lies in, and the arrows between rooms: those that the rules allow and those that files draw.
import { type Graph, graphOf } from './circles.ts';
import { importsOf } from './imports.ts';
import type { Rules } from './rules.ts';

export function roomOf(path: string, { rooms }: Pick<Rules, 'rooms'>): string | null {
  for (const { holds, room } of rooms) {
    const match = holds.exec(path);
    if (match) return room.replace('$1', match[1] ?? '');
  }
  return null;
}

/** Files as nodes. */
export function fileGraph(files: ReadonlyMap<string, string>): Graph {
  return graphOf(importEdges(files));
}

/** Rooms as nodes, by what their files import; the tests, which import everything, are left out. */
export function roomGraph(files: ReadonlyMap<string, string>, rules: Pick<Rules, 'rooms'>): Graph {
  const edges: [string, string][] = [];
  for (const [from, to] of importEdges(files)) {
    const [here, there] = [roomOf(from, rules), roomOf(to, rules)];
    if (here !== null && there !== null && here !== 'test') edges.push([here, there]);
  }
  return graphOf(edges);
}

/** Rooms as nodes, by the rules alone; a room that may import everything stands on no floor. */
export function arrowGraph({ arrows }: Pick<Rules, 'arrows'>): Graph {
  const named = Object.entries(arrows).filter(([, to]) => !to.includes('*'));
  return graphOf(named.flatMap(([from, to]) => [from, ...to].map((one): [string, string] => [from, one])));
}

/** Arrows that the rules allow and no file needs. */
export function unusedArrows(files: ReadonlyMap<string, string>, rules: Rules): string[] {
  const drawn = roomGraph(files, rules);
  return Object.entries(rules.arrows)
    .flatMap(([from, to]) => to.map((one) => [from, one] as const))
    .filter(([from, to]) => from !== 'test' && to !== '*' && !drawn.get(from)?.has(to))
    .map(([from, to]) => `${from} -> ${to}`);
}

function* importEdges(files: ReadonlyMap<string, string>): Generator<[string, string]> {
  const paths = new Set(files.keys());
  for (const [path, text] of files)
    for (const { target } of importsOf(path, text, paths))
      if (target && paths.has(target)) yield [path, target];
}
