// Every relative link of every Markdown file leads somewhere.
import { existsSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { anchorsOf, linksOf, markdownFiles, repository, textOf } from './markdown.ts';

/** Why a link of this file is dead; null where it leads somewhere, or out of the repository. */
function flawOf(from: string, link: string): string | null {
  if (/^[a-z][a-z0-9+.-]*:/i.test(link)) return null;
  const [path = '', anchor] = decodeURI(link).split('#', 2);
  const target = path === '' ? from : normalize(join(dirname(from), path));
  if (target.startsWith('..')) return `${link} leads out of the repository`;
  const there = join(repository, target);
  if (!existsSync(there)) return `there is no ${target}`;
  if (!anchor || !target.endsWith('.md') || !statSync(there).isFile()) return null;
  return anchorsOf(textOf(target)).has(anchor) ? null : `${target} has no heading #${anchor}`;
}

test('the documents are looked at as a whole', () => {
  expect(markdownFiles()).toEqual(expect.arrayContaining(['README.md', 'DESIGN.md', 'docs/quickstart.md']));
});

test.each(markdownFiles())('every relative link of %s resolves', (path) => {
  const links = [...new Set(linksOf(textOf(path)))];
  expect(links.flatMap((link) => flawOf(path, link) ?? [])).toEqual([]);
});

test.each<[string, string, string[]]>([
  ['a link', 'See [a](b.md) and [c](d.md#e).', ['b.md', 'd.md#e']],
  ['a picture', '![a picture](docs/a.svg "title")', ['docs/a.svg']],
  ['a picture inside a link', '[![a](a.svg)](b.md)', ['a.svg', 'b.md']],
  ['a link that is broken over lines', 'See [a\nb](c.md).', ['c.md']],
  ['a link by reference', '[a][b]\n\n[b]: c.md', ['c.md']],
  ['a picture in HTML', '<img alt="a" src="b.svg">', ['b.svg']],
  ['no link in a fence', '```sh\n[a](b.md)\n```\n', []],
  ['no link in code', 'An array `a[0](b)` or ``c`[d](e)``.', []],
  ['no link in a comment', '<!-- [a](b.md) -->', []],
])('%s is found', (_, markdown, links) => {
  expect(linksOf(markdown)).toEqual(links);
});

test.each<[string, string, string[]]>([
  ['words and marks', '# Are the gains real, or is it `noise`?', ['are-the-gains-real-or-is-it-noise']],
  ['a file name', '## results.tsv', ['resultstsv']],
  ['the same heading twice', '# A\n# A', ['a', 'a-1']],
  ['a dash between words', '# GKE – a - b', ['gke--a---b']],
  ['a link', '# [Claude](claude.md)', ['claude']],
  ['no comment of a shell', '```sh\n# A\n```', []],
])('the anchor of a heading follows from %s', (_, markdown, anchors) => {
  expect([...anchorsOf(markdown)]).toEqual(anchors);
});

test.each<[string, string]>([
  ['there is no docs/nothing.md', 'nothing.md'],
  ['docs/quickstart.md has no heading #nothing', '#nothing'],
  ['docs/quickstart.md has no heading #nothing', 'quickstart.md#nothing'],
  ['../../x leads out of the repository', '../../x'],
])('a dead link is named: %s', (flaw, link) => {
  expect(flawOf('docs/quickstart.md', link)).toBe(flaw);
});

test('a fence that is never closed is an error', () => {
  expect(() => linksOf('```sh\nls\n')).toThrow('the fence before line 2 is never closed');
});
