// What a crash of the machine tore in a lane's repository, made again from what is whole: HEAD, config and the two refs.
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, remedy } from '../../std/errno.ts';
import { ObjectReader } from './reader.ts';
import { LocalRefs } from './refs.ts';
import { isHead, sync } from './repository.ts';
import { writerOf } from './writer.ts';

const BARE = '[core]\n\trepositoryformatversion = 0\n\tbare = true\n';

/** Nothing is lost by it, and nothing is done where all is whole, or where no repository is. */
export async function mendRepository(repo: string, lane: string): Promise<void> {
  if (!(await stat(join(repo, 'objects')).catch(() => null))) return;
  const refs = new LocalRefs(repo, lane);
  if (!isHead(await contentOf(join(repo, 'HEAD'))))
    await replace(join(repo, 'HEAD'), `ref: ${refs.branch}\n`);
  if ((await contentOf(join(repo, 'config'))).trim() === '') await replace(join(repo, 'config'), BARE);
  const torn = await Promise.all([refs.branch, refs.writer].map((ref) => isTorn(join(repo, ref))));
  // git itself changes no ref that it cannot read.
  for (const [i, ref] of [refs.branch, refs.writer].entries()) if (torn[i]) await rm(join(repo, ref));
  if (torn[0]) await putBack(refs);
}

/** The writer notes what was kept last. A keep that was cut short is decided again, from what was measured. */
async function putBack(refs: LocalRefs): Promise<void> {
  const reader = new ObjectReader(refs.repo);
  try {
    const { writer } = await refs.read(reader);
    const last = writer && writerOf(writer)?.tip;
    // Where it is refused the lane stops, and says how a person puts it back.
    if (last) await refs.swap([{ ref: refs.branch, from: null, to: last }]);
  } finally {
    await reader.end();
  }
}

async function isTorn(ref: string): Promise<boolean> {
  if (!(await stat(ref).catch(() => null))?.isFile()) return false;
  return !/^([0-9a-f]{40}|ref: .*)\s*$/.test(await contentOf(ref));
}

/** '' where it is gone. Throws, with what to do, where it cannot be read. */
async function contentOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'latin1');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return '';
    throw new Error(remedy(error, path) ?? String(error), { cause: error });
  }
}

async function replace(path: string, content: string): Promise<void> {
  await writeFile(`${path}.new`, content);
  await sync(`${path}.new`);
  await rename(`${path}.new`, path);
}
