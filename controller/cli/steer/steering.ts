// A person's hand on a lane, whether a command moves it or the page. All that it does is noted: who, when, what.
import { hostname, userInfo } from 'node:os';
import { type Control, controlSchema, noControl } from '../../core/control.ts';
import { keys } from '../../core/keys.ts';
import { Failure } from '../../failure.ts';
import { sha256Hex } from '../../intent.ts';
import { readControl } from '../../loop/outside-changes.ts';
import type { Store } from '../../ports.ts';
import { decode, encode } from '../../std/json.ts';
import { oneLine } from '../../std/text.ts';
import { commandsFor } from '../../views/steer-commands.ts';
import { type ControlChange, type Steering, steeringSchema } from '../../views/steering.ts';
import type { LaneReader } from '../../wiring/lane-reader.ts';
import { queue } from './queue.ts';

/** Newer ones are told; all of them stay in the store. */
const TOLD_AT_MOST = 50;

/** Whoever sits here: account and machine. */
export function person(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return `${process.getuid?.() ?? '?'}@${hostname()}`; // a cluster may give a process an id without a name
  }
}

/** Changes what is given, and leaves the rest. Also mends a control.json that cannot be read. Throws Failure 2. */
export async function change(
  { lane, store }: Pick<LaneReader, 'lane' | 'store'>,
  asked: ControlChange,
  who: string,
): Promise<Control> {
  const { control, trouble } = await readControl(store, lane);
  const old = trouble ? noControl : control;
  const limits = { ...old.limits, ...asked.limits };
  const parsed = controlSchema.safeParse({ ...old, ...asked, limits });
  if (!parsed.success)
    throw new Failure(2, `that cannot be set: ${parsed.error.issues[0]!.message}; see --help`);
  for (const what of commandsFor(asked)) await note(lane, store, who, what);
  await store.put(keys.control(lane), encode(parsed.data));
  return parsed.data;
}

/** Queues a person's own train.py, which is usable; the id that it gets. `name`: what the person calls it. */
export async function tryText(
  reader: LaneReader,
  { trainPy, message, name }: { readonly trainPy: string; readonly message: string; readonly name: string },
  who: string,
): Promise<string> {
  const tip = reader.ledger.tip?.commit;
  if (!tip)
    throw new Failure(
      3,
      'the baseline is not measured yet; wait for it, or start a controller with autoresearch dev',
    );
  if (reader.ledger.wasTried(sha256Hex(trainPy)))
    throw new Failure(
      1,
      `${name} was tried before, or is the frontier itself; change it and try again. To go back to an older keep: autoresearch retract ID`,
    );
  const id = await queue(reader, { description: message, trainPy, source: 'human', base: tip });
  await note(reader.lane, reader.store, who, `try -m ${JSON.stringify(message)}, as experiment ${id}`);
  return id;
}

/** Of a change of caps or guidance it is written first, so that nothing is done that nobody knows of. */
export async function note(lane: string, store: Store, who: string, what: string): Promise<void> {
  const steering: Steering = { who: oneLine(who).slice(0, 200), atMs: Date.now(), what: what.slice(0, 5000) };
  for (let n = (await newest(lane, store)) + 1; ; n++)
    if (await store.putIfAbsent(keys.steering(lane, n), encode(steering))) return;
}

/** The newest first. One that is damaged is left out: nothing is decided by it. */
export async function steeringsOf(lane: string, store: Store): Promise<Steering[]> {
  const last = await newest(lane, store);
  const numbers = Array.from({ length: Math.min(last, TOLD_AT_MOST) }, (_, i) => last - i);
  const all = await Promise.all(numbers.map((n) => store.get(keys.steering(lane, n))));
  return all.flatMap((bytes) => (bytes && understood(bytes)) ?? []);
}

function understood(bytes: Uint8Array): Steering | null {
  try {
    return steeringSchema.parse(decode(bytes));
  } catch {
    return null;
  }
}

async function newest(lane: string, store: Store): Promise<number> {
  const names = await store.list(keys.steerings(lane));
  return names.reduce((most, name) => Math.max(most, Number(/(\d+)\.json$/.exec(name)?.[1] ?? 0)), 0);
}
