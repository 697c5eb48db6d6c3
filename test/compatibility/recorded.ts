// What older releases left behind, and this controller beside the supervisor that they measured by.
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { brotliDecompressSync } from 'node:zlib';
import { checkout } from '../../controller/settings/checkout.ts';

const fixtures = join(import.meta.dirname, '..', 'fixtures');

/** Folders that test/fixtures/release/make.ts has made. */
export const RELEASES = ['lane-771d509'];

/** Unpacks a part of what a release left behind. */
export async function unpack(release: string, part: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const tar = brotliDecompressSync(await readFile(join(fixtures, release, `${part}.tar.br`)));
  execFileSync('tar', ['-xf', '-', '-C', folder], { input: tar });
}

/** Puts this controller into the folder, beside the harness of a release; returns its program. */
export async function besideHarnessOf(release: string, folder: string): Promise<string> {
  await unpack(release, 'harness', folder);
  for (const name of ['controller', 'package.json', 'program.md'])
    await cp(join(checkout.root, name), join(folder, name), { recursive: true });
  await symlink(join(checkout.root, 'node_modules'), join(folder, 'node_modules'));
  await symlink(join(checkout.cpu, '.venv'), join(folder, 'harness', 'cpu', '.venv'));
  return join(folder, 'controller', 'main.ts');
}

/** Lets a run that waits in this folder come to its end, once it is there; `controller` is what has it run. */
export async function letGo(work: string, controller: Promise<unknown>): Promise<void> {
  let ended = false;
  void controller.then(() => {
    ended = true;
  });
  while (!ended && !(await stat(work).catch(() => null))) await delay(20);
  if (!ended) await writeFile(join(work, 'go'), '');
}

/** Commits of the branch, oldest first, as results.tsv names them. */
export function commitsOn(repository: string, lane = 'main'): string[] {
  const format = ['--reverse', '--format=%h', '--abbrev=7', `autoresearch/${lane}`];
  return execFileSync('git', ['-C', repository, 'log', ...format], { encoding: 'utf8' })
    .trim()
    .split('\n');
}

/** Commits that the rows call kept. */
export function keptIn(tsv: string): string[] {
  const rows = tsv.split('\n').map((line) => line.split('\t'));
  return rows.filter(([, , , status]) => status === 'keep').map(([commit]) => commit!);
}

/** The train.py of every attempt that was launched, by its path. */
export async function attemptsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => name.endsWith('train.py')).sort();
}

/** A results.tsv of then as it is written today: columns came later, and rows of then have nothing in them. */
export function asWrittenToday(tsv: string): string {
  return tsv.replace(/$/gm, '\t').replace(/\t$/, '').replace(/\t$/m, '\tunseen_bpb');
}
