// A lane as it is begun: with a file of one's own, where another lane is, or as it was begun before.
import { Failure } from '../failure.ts';
import { type Begun, type GivenLane, resumed } from '../settings/begun.ts';
import type { RemoteSettings } from '../settings/remotes.ts';
import { text } from '../std/text.ts';
import { named } from '../views/names.ts';
import { type LaneHome, readBegun, recorded, resume } from '../wiring/begun.ts';
import { type LaneReader, lanesAt, readAt } from '../wiring/lane-reader.ts';
import type { LanePaths } from '../wiring/paths.ts';
import { find, stored } from './read/find.ts';
import { withUsableFile } from './steer/train-file.ts';

interface Home {
  readonly paths: LanePaths;
  readonly store: LaneHome['store'];
  readonly settings: RemoteSettings;
}

/** A sentence where something else is given now than it was begun with. Throws Failure where its first file cannot be had. */
export async function begunLane<L extends GivenLane>(
  lane: L,
  { paths, store, settings }: Home,
  wallAtLeast: number,
): Promise<L | string> {
  const own = await withUsableFile(lane);
  // The other lane moves on, and may be gone: it is asked once.
  const before = own.from === '' ? null : await recorded(own.name, store);
  const asked = own.from !== '' && before?.from !== own.from;
  const first = asked ? await fromAnother(own, { paths, store, settings }, wallAtLeast) : own;
  return resume(first, { paths, store, frontier: settings.frontier }, wallAtLeast);
}

/** What is each lane's own, or its pool's. */
const OWN: ReadonlySet<string> = new Set(['trainPy', 'from', 'pool', 'gpuResource', 'imageDigest']);

/** The lane with the file that its `from` names, and, where nothing else is given, with what that one's lane was begun with. */
async function fromAnother<L extends GivenLane>(
  lane: L,
  { paths, settings }: Home,
  wallAtLeast: number,
): Promise<L> {
  const source = await sourceOf(lane.from, paths, settings);
  const { reader } = source;
  const begun = (await readBegun(reader.lane, reader)) ?? ({} as Begun);
  // One of the two goes before what was taken over of the other.
  const other = { evidence: 'confirm', confirm: 'evidence' };
  const taken = Object.entries(begun).filter(
    ([key]) =>
      !OWN.has(key) && !lane.given.has(key) && !lane.given.has(other[key as keyof typeof other] ?? ''),
  );
  const trainPy = await fileOf(source);
  const begins = resumed({ ...lane, trainPy }, Object.fromEntries(taken), null, wallAtLeast);
  if (typeof begins === 'string') throw new Failure(2, begins);
  return begins;
}

interface Beginning {
  readonly reader: LaneReader;
  readonly experiment: string;
}

async function sourceOf(from: string, paths: LanePaths, settings: RemoteSettings): Promise<Beginning> {
  const names = await lanesAt(paths, settings);
  const [, lane, which] = /^([^:]+):(.+)$/.exec(from) ?? [null, from, 'tip'];
  if (names.includes(lane!)) {
    const reader = await readAt(paths, settings, lane!);
    if (!reader.ledger.tip)
      throw new Failure(3, `lane ${lane} has no baseline yet; run autoresearch dev --lane ${lane} first`);
    return { reader, experiment: one(reader, which!, from) };
  }
  if (/^[0-9a-f]{7,40}$/.test(from))
    for (const name of names) {
      const reader = await readAt(paths, settings, name);
      const found = named(from, reader.ledger.decisions, [], null);
      if (found.kind === 'named') return { reader, experiment: found.experiments[0]! };
    }
  throw new Failure(
    2,
    `--from ${from} names no lane or commit here; give one of ${names.join(', ')}, or ${names[0]}:best, ${names[0]}:12 or a commit of 7 characters or more`,
  );
}

function one(reader: LaneReader, which: string, from: string): string {
  const [first, another] = find(reader, which);
  if (another)
    throw new Failure(2, `--from ${from} names several experiments; give one, as ${reader.lane}:best`);
  return first!;
}

async function fileOf({ reader, experiment }: Beginning): Promise<string> {
  const kept = reader.view.kept.find(({ decision }) => decision.experiment === experiment);
  return kept?.trainPy ?? text(await stored(reader, experiment, 'train.py'));
}
