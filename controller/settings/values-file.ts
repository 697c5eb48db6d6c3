// A file of the chart's values, read as the settings that the chart makes of it.
import { chartValues } from './chart-values.ts';
import { clusterShape } from './cluster.ts';
import { isObject } from './file.ts';

const ofChart = Object.keys(chartValues.shape).filter((key) => !(key in clusterShape.shape));

/** Less what only the chart reads, with what it does to pools. Settings of `up` come back as they are. */
export function withoutChart(file: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const left = Object.fromEntries(Object.entries(file).filter(([key]) => !ofChart.includes(key)));
  for (const [key, inner] of [
    ['runs', 'createNamespace'],
    ['store', 'existingSecret'],
    ['frontier', 'existingSecret'],
  ] as const)
    if (isObject(left[key])) left[key] = without(left[key], inner);
  if (Array.isArray(left.pools)) left.pools = left.pools.map((pool) => poolOf(pool, file));
  return left;
}

function poolOf(pool: unknown, file: Readonly<Record<string, unknown>>): unknown {
  if (!isObject(pool)) return pool;
  const common = (key: 'Labels' | 'Annotations') => {
    const [all, own] = [file[`common${key}`], pool[key.toLowerCase()]];
    return isObject(all) ? { [key.toLowerCase()]: { ...all, ...(isObject(own) ? own : {}) } } : {};
  };
  const registry = file.imageRegistry || (isObject(file.global) && file.global.imageRegistry);
  const image = registry ? { image: `${String(registry).replace(/\/$/, '')}/${pool.image}` } : {};
  return { ...pool, ...common('Labels'), ...common('Annotations'), ...image };
}

function without(from: Record<string, unknown>, key: string): Record<string, unknown> {
  const { [key]: _, ...left } = from;
  return left;
}
