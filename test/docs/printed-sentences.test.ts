// What the controller prints is in short sentences, as the pages are.
import { expect, test } from 'vitest';
import { sources, within } from '../architecture/sources.ts';
import { printedIn } from './printed.ts';
import { sentencesOf, wordsIn } from './sentences.ts';

const WORDS_AT_MOST = 25;

const files = [...within('controller/', sources())].filter(([path]) => !path.endsWith('.d.mts'));
const printed = files.flatMap(([path, source]) =>
  printedIn(path, source).flatMap(({ line, text }) =>
    sentencesOf(text).map((sentence) => ({ where: `${path}:${line}`, sentence })),
  ),
);
const long = printed.filter(({ sentence }) => wordsIn(sentence) > WORDS_AT_MOST);

test('no sentence that the controller prints is long', () => {
  expect(printed.length).toBeGreaterThan(1000);
  expect(long.map(({ where, sentence }) => `${where}: ${wordsIn(sentence)} words: ${sentence}`)).toEqual([]);
});

test.each<[string, string, string[]]>([
  ['a string', `f('it is so');`, ['it is so']],
  ['a string with an escape', `f('Claude\\'s');`, ["Claude's"]],
  ['strings that are joined over lines', `f('it is ' +\n  'so');`, ['it is so']],
  ['an expression in a template, as a word', `f(\`it is \${a.b(1)} so\`);`, ['it is X so']],
  ['an expression that is joined to strings, as a word', `f('it is ' + a.b(1) + ' so');`, ['it is X so']],
  ['a text in an expression, by itself, too', `f(\`it is \${a('not so')}\`);`, ['it is X', 'not so']],
  ['the longer text of a choice', `f('it is ' + (a ? 'by far ' : '') + 'so');`, ['it is by far so']],
  ['both texts of a choice that stands alone', `f(a ? 'it is so' : 'no');`, ['it is so', 'no']],
  ['keys and values of an object', `f({ 'a b': 'c d' });`, ['a b', 'c d']],
  ['the default of a parameter', `export const f = (a = 'b c') => a;`, ['b c']],
  ['a sum of numbers, which has none', 'f(1 + 2);', []],
  ['the names of modules, which are none', `import 'b';\nexport * from 'c';\nexport { d } from 'e';`, []],
  ['a module that is imported when it is needed', `await import('./b.ts');`, []],
  ['a type, which is none', `type A = 'a b' | \`c \${string}\`;`, []],
  ['a comment, which is none', `// it is 'so'\n/* or 'so' */`, []],
  ['a regular expression, which is none', '/it is "so"/;', []],
])('texts are read from %s', (_, source, texts) => {
  expect(printedIn('a.ts', source).map(({ text }) => text)).toEqual(texts);
});

test('a text stands at the line where it begins', () => {
  expect(printedIn('a.mjs', "f();\nf('it is ' +\n  'so');")).toEqual([{ line: 2, text: 'it is so' }]);
});
