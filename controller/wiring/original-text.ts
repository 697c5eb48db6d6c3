// What a lane's text is made from again where a file of it is damaged or gone: from what it was made from, or not at all.
import { createHash, hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import { metaOf, type TextMeta } from './dataset.ts';
import type { LanePaths } from './paths.ts';

/** Sums in a meta.json that are of no file beside it. */
const OF_NO_FILE = ['data_sha256', 'corpus_sha256', 'secret_sha256'];

/**
 * A person's file for prepare.py; null where it needs none: it makes the text up, or finds all of it. `named`: the one
 * that the lane was begun with. Throws Failure 3 where the text must be made again and cannot become what it was.
 */
export async function originalOf(
  lane: string,
  paths: LanePaths,
  named: string | null,
): Promise<string | null> {
  const folders = [paths.text(lane), paths.sealed(lane)];
  const sealed = await metaOf(paths.sealed(lane));
  if (!sealed?.sha256) return named;
  if (!sealed.source) return null;
  if ((await Promise.all(folders.map(isWhole))).every(Boolean)) return null;
  const now = await sumOf(sealed.source);
  // The GPU's trainer takes the sum of its files' sums. What a whole folder holds it finds out itself.
  const sums = now === null ? [] : [now, hash('sha256', now)];
  if (now === '' || sums.includes(String(sealed.corpus_sha256))) return sealed.source;
  const why = `${sealed.source}, which it was made from, is ${now === null ? 'gone' : 'another file now'}`;
  const way = `put it back as it was, or begin another lane: autoresearch dev --lane NAME --from ${lane}`;
  throw new Failure(3, `the text in ${folders.join(' and ')} is damaged, and ${why}; ${way}`);
}

/** Whether each file that a meta.json tells the sum of has it. */
async function isWhole(folder: string): Promise<boolean> {
  const meta = await metaOf(folder);
  if (meta === null) return false;
  const sums = await Promise.all(
    filesIn(meta).map(async ([name, sum]) => (await sumOf(join(folder, name))) === sum),
  );
  return sums.every(Boolean);
}

function filesIn(meta: TextMeta): [name: string, sum: unknown][] {
  return Object.entries(meta)
    .filter(([key]) => key.endsWith('sha256') && !OF_NO_FILE.includes(key))
    .map(([key, sum]) => [`${key === 'sha256' ? 'val' : key.slice(0, -'_sha256'.length)}.bin`, sum]);
}

/** Of a file of any size; null where it cannot be read, '' for a folder. */
async function sumOf(path: string): Promise<string | null> {
  const sum = createHash('sha256');
  try {
    for await (const piece of createReadStream(path)) sum.update(piece);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EISDIR' ? '' : null;
  }
  return sum.digest('hex');
}
