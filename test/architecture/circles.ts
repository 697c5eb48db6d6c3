// Circles in a graph of files or rooms, and the floor on which each of its nodes stands.

export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

export function graphOf(edges: Iterable<readonly [string, string]>): Graph {
  const graph = new Map<string, Set<string>>();
  for (const [from, to] of edges) {
    if (!graph.has(from)) graph.set(from, new Set());
    if (!graph.has(to)) graph.set(to, new Set());
    if (from !== to) graph.get(from)!.add(to);
  }
  return graph;
}

/** A shortest circle through each node that no circle before it holds; its first node ends it, too. */
export function circlesIn(graph: Graph): string[][] {
  const found: string[][] = [];
  const seen = new Set<string>();
  for (const node of [...graph.keys()].sort()) {
    if (seen.has(node)) continue;
    const circle = circleThrough(node, graph);
    if (circle === null) continue;
    found.push(circle);
    for (const one of circle) seen.add(one);
  }
  return found;
}

/** Breadth first from `start` until it is come to again. */
function circleThrough(start: string, graph: Graph): string[] | null {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const node of queue)
    for (const next of graph.get(node) ?? []) {
      if (next === start) return [...wayTo(node, cameFrom, start), start];
      if (!cameFrom.has(next)) {
        cameFrom.set(next, node);
        queue.push(next);
      }
    }
  return null;
}

function wayTo(node: string, cameFrom: ReadonlyMap<string, string>, start: string): string[] {
  const way = [node];
  while (way[0] !== start) way.unshift(cameFrom.get(way[0]!)!);
  return way;
}

/** How many steps of arrows lead from each node to the ground: 0 where it imports nothing. Throws on a circle. */
export function floorsOf(graph: Graph): Map<string, number> {
  const [circle] = circlesIn(graph);
  if (circle) throw new Error(`there are no floors in a circle: ${circle.join(' -> ')}`);
  const floors = new Map<string, number>();
  const floorOf = (node: string): number => {
    const known = floors.get(node);
    if (known !== undefined) return known;
    const floor = Math.max(-1, ...[...graph.get(node)!].map(floorOf)) + 1;
    floors.set(node, floor);
    return floor;
  };
  for (const node of graph.keys()) floorOf(node);
  return floors;
}
