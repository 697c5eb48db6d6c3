// People look for the words that they read on their screen: what these pages quote is what the code prints.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { repository, textOf } from './markdown.ts';

interface Quoted {
  readonly section: string;
  /** What is quoted, with `…` for what differs from case to case. */
  readonly words: string;
}

/** The code in the first column of every table whose head begins with "Printed". */
function quotedIn(markdown: string): Quoted[] {
  const quoted: Quoted[] = [];
  let [section, isPrinted] = ['', false];
  for (const line of markdown.split('\n')) {
    section = /^##+ (.*)/.exec(line)?.[1] ?? section;
    if (!line.startsWith('|')) isPrinted = false;
    else if (/^\| Printed/.test(line)) isPrinted = true;
    else if (isPrinted)
      for (const [, words] of line.split('|')[1]!.matchAll(/`([^`]+)`/g))
        quoted.push({ section, words: words! });
  }
  return quoted;
}

/** The pieces between `…` that the sources do not have. */
function missingIn(sources: string, words: string): string[] {
  const pieces = words.split('…').map((piece) => piece.trim());
  return pieces.filter((piece) => /\p{L}/u.test(piece) && !sources.includes(piece));
}

describe('the words that are printed', () => {
  let sources = '';
  beforeAll(async () => {
    const args = ['ls-files', '-z', 'controller/*.ts', 'controller/*.mjs', 'harness/*.py'];
    const { stdout } = await execa('git', args, { cwd: repository });
    const files = stdout.split('\0').filter(Boolean);
    sources = files.map((file) => readFileSync(join(repository, file), 'utf8')).join('\n');
  });

  const ours = ['docs/troubleshooting.md', 'docs/claude.md'].flatMap((path) =>
    quotedIn(textOf(path)).filter(({ section }) => section !== 'Words of other programs'),
  );
  test('are quoted', () => expect(ours.length).toBeGreaterThan(50));
  test.each(ours)('$words', ({ words }) => {
    expect(missingIn(sources, words)).toEqual([]);
  });
});

test.each<[string, string, string[]]>([
  ['a row', '| Printed | Do |\n|---|---|\n| `a b` | `c` |', ['a b']],
  ['a row with two', '| Printed words | Do |\n|---|---|\n| `a`, `b …` | c |', ['a', 'b …']],
  ['no row of another table', '| Printed | Do |\n|---|---|\n\n| Setting | Do |\n|---|---|\n| `a` | b |', []],
])('%s is read', (_, markdown, words) => {
  expect(quotedIn(markdown).map((quoted) => quoted.words)).toEqual(words);
});

test.each<[string, string[]]>([
  ['the cap of … USD', []],
  ['the cup of … USD', ['the cup of']],
  ['… EUR is reached', ['EUR is reached']],
  ['… (…): …', []],
])('of "%s" the sources lack %j', (words, missing) => {
  expect(missingIn('at the cap of 5 USD it stops: the cap is reached', words)).toEqual(missing);
});
