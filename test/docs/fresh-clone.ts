// A clone of this repository as it is now, with what has not been committed yet.
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { repository } from './markdown.ts';

/** What the set-up brings; it is copied, for it does not change and comes from the network. */
const SET_UP = ['node_modules', '.tools', 'harness/cpu/.venv'];

export async function freshClone(): Promise<string> {
  const clone = await mkdtemp(join(tmpdir(), 'docs-'));
  try {
    await execa('git', ['clone', '--quiet', repository, clone]);
    for (const path of await changed()) {
      const [from, to] = [join(repository, path), join(clone, path)];
      await mkdir(dirname(to), { recursive: true });
      if (existsSync(from)) await copyFile(from, to);
      else await rm(to, { force: true });
    }
    for (const path of SET_UP) await copyTree(join(repository, path), join(clone, path));
    return clone;
  } catch (error) {
    await rm(clone, { recursive: true, force: true });
    throw error;
  }
}

/** What differs from HEAD, and what git does not know and does not ignore. */
async function changed(): Promise<string[]> {
  const asked = [
    ['diff', '--name-only', '-z', 'HEAD'],
    ['ls-files', '-z', '--others', '--exclude-standard'],
  ];
  const told = await Promise.all(asked.map((args) => execa('git', args, { cwd: repository })));
  return told.flatMap(({ stdout }) => stdout.split('\0').filter(Boolean));
}

/** By links where the system makes them: half a gigabyte is in there, and nobody writes to it. */
async function copyTree(from: string, to: string): Promise<void> {
  if (!existsSync(from)) return; // the set-up of the clone brings it
  const linked = await execa('cp', ['-al', from, to], { reject: false });
  if (!linked.failed) return;
  await rm(to, { recursive: true, force: true });
  await execa('cp', ['-a', from, to]);
}
