// What a lane leaves behind, without what may differ between two runs of it: shas, epochs, times, nonces.
import { keys } from '../../controller/core/keys.ts';
import { Ledger } from '../../controller/loop/ledger.ts';
import type { Frontier, Store } from '../../controller/ports.ts';
import { encode, rowOf } from '../../controller/report/results-tsv.ts';
import { laneUpTo } from './script.ts';

export interface Remains {
  readonly frontier: readonly object[];
  readonly rows: readonly object[];
  /** Whether results.tsv is, byte for byte, what git and store say (I3). */
  readonly published: boolean;
  readonly undecided: readonly string[];
  /** Store key → content with what varies left out. */
  readonly stored: Readonly<Record<string, unknown>>;
  /** Attempts in the order in which they began, from the trainer's own journal. */
  readonly begun: readonly string[];
  /** Runs that were not removed. */
  readonly runs: readonly string[];
}

const VARIES = new Set([
  'commit',
  'base',
  'tip',
  'epoch',
  'timestampMs',
  'createdMs',
  'endedMs',
  'nonce',
  'node',
]);

/** `measured`: keys and columns that a real machine measures anew each time. */
export async function remainsOf(
  store: Store,
  frontier: Frontier,
  { begun, runs }: Pick<Remains, 'begun' | 'runs'>,
  measured: readonly string[] = [],
): Promise<Remains> {
  const varies = new Set([...VARIES, ...measured]);
  const view = await frontier.view();
  if (view.foreign) throw new Error(view.foreign);
  const lane = laneUpTo(0);
  const { decisions, open, kept } = await Ledger.read(lane, store, view);
  const experimentOf = (commit: string | null) =>
    kept.find(({ decision }) => decision.commit === commit)?.decision.experiment ?? null;
  const stored: Record<string, unknown> = {};
  for (const key of await keysUnder(store, `${lane.name}/`))
    if (key !== keys.results(lane.name)) stored[key] = content(key, (await store.get(key))!, varies);
  const live = await store.get(keys.results(lane.name));
  return {
    frontier: kept.map(({ decision, trainPy }) => ({
      experiment: decision.experiment,
      bpb: decision.valBpb,
      trainPy,
    })),
    rows: decisions.map((decision) => {
      const row = {
        ...rowOf(decision),
        commit: '',
        timestamp: '',
        parent: experimentOf(decision.base),
        on: experimentOf(decision.tip),
        reason: decision.reason,
        seq: decision.seq,
      };
      return without(row, varies) as object;
    }),
    published: live !== null && new TextDecoder().decode(live) === encode(decisions),
    undecided: [...open.keys()],
    stored,
    begun,
    runs,
  };
}

async function keysUnder(store: Store, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await store.list(prefix))
    if (name.endsWith('/')) found.push(...(await keysUnder(store, prefix + name)));
    else found.push(prefix + name);
  return found;
}

function content(key: string, bytes: Uint8Array, varies: ReadonlySet<string>): unknown {
  const text = new TextDecoder().decode(bytes);
  return key.endsWith('.json') ? without(JSON.parse(text), varies) : text;
}

function without(value: unknown, varies: ReadonlySet<string>): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  const kept = Object.entries(value).filter(([key]) => !varies.has(key));
  return Object.fromEntries(kept.map(([key, inner]) => [key, without(inner, varies)]));
}
