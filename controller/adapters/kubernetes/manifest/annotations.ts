// An intent as annotations, and back: the Job is the whole intent, nothing else has to be found beside it.
import { gunzipSync, gzipSync } from 'node:zlib';
import { type IntentFile, intentSha256, parseIntentFile } from '../../../intent.ts';
import type { Intent } from '../../../ports.ts';
import { annotation } from './names.ts';

/** The Job's own limit: an object's annotations may hold 256 KiB in all, and every list of Jobs brings them along. */
export const PACKED_AT_MOST = 64 * 1024;
/** What unpacking may give: a few KiB that a person put there must not fill the memory. No train.py comes near it. */
const UNPACKED_AT_MOST = 8 * 1024 * 1024;

/** train.py as gzip and base64; null where that passes PACKED_AT_MOST. */
export function pack(trainPy: string): string | null {
  // Better compression costs milliseconds; the bytes are stored in etcd and travel with every list.
  const packed = gzipSync(trainPy, { level: 9 }).toString('base64');
  return packed.length <= PACKED_AT_MOST ? packed : null;
}

/** Null where it is not what `pack` makes. */
export function unpack(packed: string): string | null {
  try {
    return gunzipSync(Buffer.from(packed, 'base64'), { maxOutputLength: UNPACKED_AT_MOST }).toString();
  } catch {
    return null; // damaged by hand: the caller says which Job
  }
}

/** A thousand Jobs are looked at many times a second; what their annotations hold never changes. */
const read = new WeakMap<object, IntentFile | null>();

/** What a pod template says it was made for; null where the annotation is missing or damaged. */
export function readIntentFile(annotations: Readonly<Record<string, string>> | undefined): IntentFile | null {
  if (!annotations) return null;
  const known = read.get(annotations);
  if (known !== undefined) return known;
  const file = parseIntentFile(annotations[annotation.intent] ?? '');
  read.set(annotations, file);
  return file;
}

/** The whole intent of a pod template; null where any of it is missing or damaged. */
export function readIntent(annotations: Readonly<Record<string, string>> | undefined): Intent | null {
  const file = readIntentFile(annotations);
  const packed = annotations?.[annotation.train];
  const trainPy = file && packed !== undefined ? unpack(packed) : null;
  if (!file || trainPy === null) return null;
  const { lane, experiment, attempt, parent, seed, clocks, requireSealed, unseen } = file;
  const intent: Intent = { lane, experiment, attempt, parent, trainPy, seed, clocks, requireSealed, unseen };
  return intentSha256(intent) === file.intent ? intent : null;
}
