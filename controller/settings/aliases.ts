// Names that a laptop's settings had before they had lanes with keys of their own. They stay, and mean what they meant.
import { isObject } from './file.ts';

type Settings = Record<string, unknown>;

/** A key beside `lanes`, or a flag of `dev`, that is for all lanes → where it stands in a lane. */
export const laneAliases: Readonly<Record<string, string>> = {
  experiments: 'limits.experiments',
  hours: 'limits.maxGpuHours',
  budget: 'budgetSeconds',
  trainer: 'trainer',
  gpus: 'gpus',
  trainPy: 'trainPyFile',
  width: 'width',
  seed: 'seed',
  confirm: 'confirm',
  requireSealed: 'requireSealed',
};

/** Flags of `dev` that are for all lanes and have the name of their key. */
const laneFlags: ReadonlySet<string> = new Set(['evidence', 'from']);

/** A key of the file, or a flag of `dev` → its name now. */
export const fileAliases: Readonly<Record<string, string>> = { dir: 'data' };

/** The settings by today's names; a sentence where an old and a new name both say something. */
export function byNewNames(written: Settings): Settings | string {
  const settings = { ...written };
  for (const [old, key] of Object.entries(fileAliases)) {
    if (!(old in settings)) continue;
    if (key in settings) return `${old} and ${key} say the same; keep ${key}`;
    settings[key] = settings[old];
    delete settings[old];
  }
  const lanes = lanesOf(settings.lanes);
  for (const [old, key] of Object.entries(laneAliases)) {
    const value = settings[old];
    delete settings[old];
    if (value === undefined || value === null) continue; // null was, and is, the default
    for (const [i, lane] of lanes.entries()) {
      if (at(lane, key) !== undefined)
        return `${old} and lanes[${i}].${key} say the same; keep lanes[${i}].${key}`;
      lanes[i] = having(lane, key, value);
    }
  }
  return { ...settings, lanes: Array.isArray(settings.lanes ?? []) ? lanes : settings.lanes };
}

/** Settings by today's names, overlaid with flags, which are for every lane. */
export function overlaid(settings: Settings, flags: Settings): Settings {
  const all = { ...settings };
  let lanes = all.lanes;
  for (const [flag, value] of Object.entries(flags)) {
    const key = laneFlags.has(flag) ? flag : laneAliases[flag];
    if (key !== undefined) {
      if (Array.isArray(lanes)) lanes = lanes.map((lane) => having(lane, key, value));
      continue;
    }
    const name = fileAliases[flag] ?? flag;
    const written = all[name];
    const below =
      (name === 'store' || name === 'frontier') && typeof written === 'string' ? { url: written } : written;
    all[name] = isObject(value) && isObject(below) ? { ...below, ...value } : value;
  }
  return { ...all, lanes };
}

/** The lanes of these names: as the file has them, or, where its lanes have nothing of their own, as those; else a sentence. */
export function chosen(settings: Settings, names: readonly string[]): Settings | string {
  const lanes = lanesOf(settings.lanes);
  const found: unknown[] = [];
  for (const name of names) {
    const lane = lanes.find((one) => isObject(one) && one.name === name);
    if (!lane && 'lanes' in settings && lanes.some((one) => isObject(one) && Object.keys(one).length > 1))
      return `there is no lane ${name} in the file; write it there, or leave --lane out`;
    found.push(lane ?? { name });
  }
  return { ...settings, lanes: found };
}

/** A lane may be written as its name alone. */
function lanesOf(lanes: unknown): unknown[] {
  if (!Array.isArray(lanes)) return [{ name: 'main' }];
  return lanes.map((lane) => (typeof lane === 'string' ? { name: lane } : lane));
}

/** A key of a lane, or of a mapping in it: `limits.experiments`. */
function at(lane: unknown, key: string): unknown {
  return key.split('.').reduce((value, part) => (isObject(value) ? value[part] : undefined), lane);
}

/** The lane with this value; as it is where it is no mapping, of which the schema tells. */
function having(lane: unknown, key: string, value: unknown): unknown {
  if (!isObject(lane)) return lane;
  const [first, ...rest] = key.split('.');
  const inner = rest.length === 0 ? value : having(lane[first!] ?? {}, rest.join('.'), value);
  return { ...lane, [first!]: inner };
}
