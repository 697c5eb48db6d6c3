// How long files are, how many a folder holds, and how many lines there are in all of what must stay small.
import { posix } from 'node:path';
import type { Rules } from './rules.ts';

/** A sentence for each file that is too long, or that is on the list of longer ones for nothing. */
export function longFiles(files: ReadonlyMap<string, string>, rules: Rules): string[] {
  const found: string[] = [];
  for (const [path, text] of files) {
    const lines = linesOf(text);
    if (lines > mostLines(path, rules) && !(path in rules.longer))
      found.push(`${path} has ${lines} lines; look for the missing noun, or list it with a reason`);
  }
  for (const path of Object.keys(rules.longer)) {
    const lines = linesOf(files.get(path) ?? '');
    if (lines <= mostLines(path, rules))
      found.push(`${path} has ${lines} lines; take it off the list of longer files`);
  }
  return found;
}

function mostLines(path: string, { mostLines }: Rules): number {
  return path.startsWith('test/') ? mostLines.test : mostLines.elsewhere;
}

export function fullFolders(paths: Iterable<string>, { mostFiles }: Pick<Rules, 'mostFiles'>): string[] {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const folder = posix.dirname(path);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, n]) => n > mostFiles)
    .map(([folder, n]) => `${folder} holds ${n} files, of ${mostFiles} at most; make rooms in it`);
}

export function largeSums(
  files: ReadonlyMap<string, string>,
  { together }: Pick<Rules, 'together'>,
): string[] {
  return together.flatMap(({ what, files: counted, mostLines }) => {
    const texts = [...files].filter(([path]) => counted.test(path)).map(([, text]) => text);
    const lines = texts.reduce((sum, text) => sum + linesOf(text), 0);
    return lines > mostLines ? [`${what}: ${lines} lines, of ${mostLines} at most`] : [];
  });
}

function linesOf(text: string): number {
  return text === '' ? 0 : text.replace(/\n$/, '').split('\n').length;
}
