// What a lane's proposer is sent next, or was sent at an earlier time, for a person who wants to see it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Decision } from '../core/decision.ts';
import { keys } from '../core/keys.ts';
import { Failure } from '../failure.ts';
import { briefOf } from '../loop/briefing.ts';
import { Ledger } from '../loop/ledger.ts';
import { readControl } from '../loop/outside-changes.ts';
import type { Store } from '../ports.ts';
import { StoredReplays } from '../replay/stored.ts';
import { knownNoiseOf } from '../report/known-noise.ts';
import { briefWords } from '../report/noise-words.ts';
import { checkout } from '../settings/checkout.ts';
import type { ProposerSetting } from '../settings/proposer.ts';
import { trainers } from '../settings/trainers.ts';
import { readBegun } from './begun.ts';
import type { LaneReader } from './lane-reader.ts';
import { type Sent, sentBy } from './proposers/sent.ts';

/** `at`: once this experiment was decided; null: now. Null for a proposer that is sent nothing. Failure 1 before the baseline is kept. */
export async function promptOf(
  reader: LaneReader,
  setting: ProposerSetting,
  at: string | null,
): Promise<Sent | null> {
  const ledger = at === null ? reader.ledger : await ledgerAt(reader, at);
  if (ledger.tip === null)
    throw new Failure(1, 'nothing is asked before the baseline is kept; wait for that');
  const { control } = await readControl(reader.store, reader.lane);
  return sentBy(setting, await briefOf(await briefedFrom(reader), ledger, { control, queue: [] }));
}

async function briefedFrom({ lane, store, paths, view }: LaneReader) {
  const begun = await readBegun(lane, { store, paths, view });
  const { folder, budgetSeconds } = trainers[begun?.trainer ?? 'cpu'];
  const own = readFile(paths.program(lane), 'utf8').catch(() => readFile(checkout.program, 'utf8'));
  const [program, prepare] = await Promise.all([own, readFile(join(folder, 'prepare.py'), 'utf8')]);
  const replays = await new StoredReplays(store, lane).all();
  const clocks = { budgetSeconds: begun?.budgetSeconds ?? budgetSeconds };
  return {
    store,
    lane: { name: lane, seed: begun?.seed ?? 0, clocks },
    inputs: {
      prepare,
      program: async () => program,
      noise: async (tip: string, decisions: readonly Decision[]) =>
        briefWords(knownNoiseOf(replays, decisions), tip),
    },
  };
}

/** As it stood once the experiment was decided: what came later is hidden from whoever reads the lane. */
function ledgerAt({ lane, store, view, ledger }: LaneReader, experiment: string): Promise<Ledger> {
  const at = ledger.decisions.findIndex((decision) => decision.experiment === experiment);
  if (at < 0) throw new Failure(1, `${experiment} has no verdict yet; leave --at out`);
  const then = new Set(ledger.decisions.slice(0, at + 1).map((decision) => decision.experiment));
  const past: Store = {
    get: (key) => store.get(key),
    list: async (prefix) => (prefix === keys.experiments(lane) ? [...then].map((id) => `${id}/`).sort() : []),
    putIfAbsent: readOnly,
    put: readOnly,
  };
  const kept = view.kept.filter(({ decision }) => then.has(decision.experiment));
  return Ledger.read({ name: lane, clocks: { wallSeconds: 0 } }, past, { ...view, kept });
}

function readOnly(): never {
  throw new Error('a lane that is only looked at is never written');
}
