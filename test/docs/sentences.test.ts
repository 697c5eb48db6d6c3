// What people read first is in short sentences.
import { expect, test } from 'vitest';
import { markdownFiles, textOf } from './markdown.ts';
import { sentencesOf, wordsIn } from './sentences.ts';

const WORDS_AT_MOST = 25;

/** The pages of those who use it or join in. The contract and the figures may need a longer one. */
const pages = markdownFiles().filter((path) =>
  /^(README|CHANGELOG|CONTRIBUTING|SECURITY|\.github\/.*|docs\/(claude|proposers|cli|config|faq|kubernetes|quickstart|results|storage|troubleshooting|kubernetes\/.*))\.md$/.test(
    path,
  ),
);

test('the pages are looked at as a whole', () => {
  expect(pages).toEqual(expect.arrayContaining(['README.md', 'SECURITY.md', 'docs/quickstart.md']));
});

test.each(pages)('no sentence of %s is long', (path) => {
  const sentences = sentencesOf(textOf(path));
  expect(sentences.length).toBeGreaterThan(3);
  const long = sentences.filter((sentence) => wordsIn(sentence) > WORDS_AT_MOST);
  expect(long.map((sentence) => `${wordsIn(sentence)} words: ${sentence}`)).toEqual([]);
});

test.each<[string, string, string[]]>([
  [
    'dots, questions and calls end one',
    'One. Is it two? Three! Four',
    ['One.', 'Is it two?', 'Three!', 'Four'],
  ],
  ['a line break does not', 'One and\ntwo.', ['One and two.']],
  ['a blank line does', 'One\n\ntwo', ['One', 'two']],
  [
    'a dot in a number, a name or code does not',
    'It takes 2.5 s of `a. B` in train.py.',
    ['It takes 2.5 s of CODE in train.py.'],
  ],
  ['an abbreviation does not', 'Some, e.g. Linux, do.', ['Some, eg Linux, do.']],
  ['a colon does not', 'One: two.', ['One: two.']],
  [
    'a dot before a quotation mark or a bracket does',
    'He said "no." (She did not.) So.',
    ['He said "no."', '(She did not.)', 'So.'],
  ],
  ['each item of a list stands by itself', '* one\n  more\n* two\n1. three', ['one more', 'two', 'three']],
  ['a link counts by its words', 'See [the docs](docs/a.b.md).', ['See the docs.']],
  ['links in a row stand by themselves', '[one](a) · [two](b)', ['one', 'two']],
  ['headings, tables and fences are left out', '# One\n| two |\n|---|\n```sh\nthree\n```\nfour', ['four']],
  ['pictures are left out', '![a picture of it](a.svg)', []],
  ['a quotation counts', '> One.\n> Two.', ['One.', 'Two.']],
])('%s', (_, markdown, sentences) => {
  expect(sentencesOf(markdown)).toEqual(sentences);
});

test.each<[string, number]>([
  ['One two-three four.', 3],
  ['It takes 2.5 s – not more.', 6],
  ['', 0],
])('"%s" has %i words', (sentence, words) => {
  expect(wordsIn(sentence)).toBe(words);
});
