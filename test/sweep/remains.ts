// What a scenario leaves behind, without what may differ between two runs of it: shas, epochs, times, nonces.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DirectoryStore } from '../../controller/adapters/directory/store.ts';
import { GitFrontier } from '../../controller/adapters/git/frontier.ts';
import { decode } from '../../controller/core/rows.ts';
import { journal } from './scenario.ts';

export interface Remains {
  readonly frontier: readonly object[];
  readonly rows: readonly object[];
  /** Store key → content with what varies left out. */
  readonly stored: Readonly<Record<string, unknown>>;
  readonly begun: readonly string[];
  readonly runs: readonly string[];
}

const VARIES = new Set([
  'commit',
  'parent',
  'timestamp',
  'base',
  'tip',
  'epoch',
  'timestampMs',
  'createdMs',
  'endedMs',
  'nonce',
  'seq',
]);

export async function remainsOf(dir: string): Promise<Remains> {
  const store = new DirectoryStore(join(dir, 'store'));
  const frontier = new GitFrontier({ repo: join(dir, 'frontier.git'), lane: 'sweep', folder: new Map() });
  const { kept, foreign } = await frontier.view();
  if (foreign) throw new Error(foreign);
  const stored: Record<string, unknown> = {};
  for (const key of await keysUnder(store, 'sweep/')) stored[key] = content(key, (await store.get(key))!);
  const rows = decode(new TextDecoder().decode((await store.get('sweep/results.tsv'))!));
  if (rows.kind !== 'rows') throw new Error(`results.tsv cannot be read: ${JSON.stringify(rows)}`);
  return {
    frontier: kept.map(({ decision, trainPy }) => ({
      experiment: decision.experiment,
      bpb: decision.valBpb,
      trainPy,
    })),
    rows: rows.rows.map((row) => without(row)),
    stored,
    begun: (await journal(dir)).sort(),
    runs: await readdir(join(dir, 'runs')),
  };
}

async function keysUnder(store: DirectoryStore, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await store.list(prefix))
    if (name.endsWith('/')) found.push(...(await keysUnder(store, prefix + name)));
    else found.push(prefix + name);
  return found;
}

function content(key: string, bytes: Uint8Array): unknown {
  const text = new TextDecoder().decode(bytes);
  if (key.endsWith('.json')) return without(JSON.parse(text));
  return key.endsWith('.tsv') ? '' : text;
}

function without(value: unknown): object {
  const kept = Object.entries(value as object).filter(([key]) => !VARIES.has(key));
  return Object.fromEntries(
    kept.map(([key, inner]) => [
      key,
      inner && typeof inner === 'object' && !Array.isArray(inner) ? without(inner) : inner,
    ]),
  );
}
