// What is known of noise, for `status`, `list` and `show`.
import type { Decision } from '../../core/decision.ts';
import { keys } from '../../core/keys.ts';
import type { SealedResult } from '../../core/outcome.ts';
import { attemptResultSchema } from '../../core/verdict.ts';
import { StoredReplays } from '../../replay/stored.ts';
import { type KnownNoise, knownNoiseOf } from '../../report/known-noise.ts';
import {
  againWords,
  machineWords,
  reproductionWords,
  sigmasOf,
  sigmaWords,
  worthOf,
} from '../../report/noise-words.ts';
import { decode } from '../../std/json.ts';
import type { LaneReader } from '../../wiring/lane-reader.ts';
import type { Cells } from '../terminal/print.ts';
import { sentence } from '../terminal/terminal.ts';

/** So many of the newest runs tell the machine's pace. */
const PACES = 12;

/** Of the frontier: how far it fell, in bits per byte and in sigmas, whether that was measured again, and the pace. */
export async function noiseCells(reader: LaneReader): Promise<Cells> {
  const replays = new StoredReplays(reader.store, reader.lane);
  const { noise, reproduction } = knownNoiseOf(await replays.all(), reader.ledger.decisions);
  const kept = reader.ledger.decisions.filter(({ status }) => status === 'keep');
  const [baseline, tip] = [kept[0], kept.at(-1)];
  const change = tip && tip !== baseline ? rounded(tip.valBpb! - baseline!.valBpb!) : null;
  const damaged = replays.damaged.map((key) => `${key} cannot be read: restore it from a copy, or remove it`);
  return {
    change,
    'change in sigmas': sigmasOf(change, noise),
    sigma: noise && rounded(noise.sigma),
    noise: sentence([sigmaWords(noise), ...damaged].join('; ')),
    'measured again': change === null ? null : sentence(reproductionWords(reproduction, tip!.commit)),
    machine: machineWords(await newestPaces(reader)),
  };
}

/** Whether the gain of the frontier is real, or how to find out; null where nothing is kept beyond the baseline. */
export async function worthWords(reader: LaneReader): Promise<string | null> {
  const { kept } = reader.view;
  const [baseline, tip] = [kept[0]?.decision, kept.at(-1)?.decision];
  if (!baseline || !tip || baseline === tip) return null;
  const { noise, reproduction } = await knownIn(reader);
  const sigmas = sigmasOf(baseline.valBpb! - tip.valBpb!, noise);
  const scattered = sigmas === null ? '' : `that is ${sigmas} σ of a measurement; `;
  return `${scattered}${reproductionWords(reproduction, tip.commit)}`;
}

/** Of one row: the change against what it was made on, in bits per byte and in sigmas; null where there is none. */
function changeCells({ valBpb, baseBpb }: Decision, { noise }: KnownNoise) {
  const change = valBpb === null || baseBpb === null ? null : rounded(valBpb - baseBpb);
  return { change, 'change in sigmas': sigmasOf(change, noise) };
}

/** Of one experiment, also: what a replay of it found, and how fast the machine was. */
export async function measurementCells(reader: LaneReader, decision: Decision): Promise<Cells> {
  const replays = await new StoredReplays(reader.store, reader.lane).all();
  const { decisions } = reader.ledger;
  const known = knownNoiseOf(replays, decisions);
  const own = replays.filter(({ tip }) => tip.commit === decision.commit);
  const { reproduction } = knownNoiseOf(own, decisions);
  const sealed = await sealedOf(reader, decision);
  return {
    ...changeCells(decision, known),
    ...(reproduction && { 'measured again': `${againWords(reproduction)}: ${worthOf(reproduction)}` }),
    ...(sealed?.pace !== undefined && { pace: sealed.pace }),
  };
}

export async function knownIn({ store, lane, ledger }: LaneReader): Promise<KnownNoise> {
  return knownNoiseOf(await new StoredReplays(store, lane).all(), ledger.decisions);
}

/** Paces of the newest runs that have one, oldest first. */
async function newestPaces(reader: LaneReader): Promise<number[]> {
  const newest = reader.ledger.decisions.slice(-PACES);
  const sealed = await Promise.all(newest.map((decision) => sealedOf(reader, decision)));
  return sealed.flatMap((one) => one?.pace ?? []);
}

/** What the supervisor measured in the last attempt; null where nothing that can be read is left of it. */
async function sealedOf(
  { store, lane }: LaneReader,
  { experiment, attempts }: Decision,
): Promise<SealedResult | null> {
  const bytes = await store.get(keys.attempt(lane, experiment, attempts, 'result.json'));
  try {
    return bytes && attemptResultSchema.parse(decode(bytes)).outcome.sealed;
  } catch {
    return null;
  }
}

/** As exact as the metric is printed. */
function rounded(bpb: number): number {
  return Number(bpb.toFixed(6));
}
