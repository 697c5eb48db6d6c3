import { expect, test } from 'vitest';
import { twinTypes, unusedExports } from './exports.ts';

const filesOf = (...texts: string[]) => new Map(texts.map((text, i) => [`controller/${i}.ts`, text]));

test.each<[string, string, string, string[]]>([
  ['nobody imports', 'export const a = 1;', '', ['controller/0.ts a']],
  ['another file imports', 'export const a = 1;', `import { a } from './0.ts';`, []],
  ['only its own file uses', 'export function a() {}\na();', '', ['controller/0.ts a']],
  ['is imported as a type', 'export interface A {}', `import { type A } from './0.ts';`, []],
  ['is imported under another name', 'export class A {}', `import { A as B } from './0.ts';`, []],
  ['is handed on', 'export class A {}', `export { A } from './0.ts';`, []],
  ['is imported with all others', 'export class A {}', `import * as all from './0.ts';`, []],
  ['is imported when it is needed', 'export class A {}', `const { A } = await import('./0.ts');`, []],
  [
    'has the name of another import',
    'export const a = 1;',
    `import { a } from './1.ts';`,
    ['controller/0.ts a'],
  ],
  ['only a comment names', 'export const a = 1;', `// import { a } from './0.ts';`, ['controller/0.ts a']],
  ['is asynchronous', 'export async function a() {}', '', ['controller/0.ts a']],
])('an export that %s', (_, text, other, unused) => {
  expect(unusedExports(filesOf(text, other))).toEqual(unused);
});

test.each<[string, string[], string[]]>([
  ['two exported types', ['export type A = 1;', 'export interface A {}'], ['A']],
  ['an exported class and a private type', ['export class A {}', 'type A = 1;'], ['A']],
  ['two private types', ['type A = 1;', 'type A = 1;'], []],
  ['two functions', ['export function a() {}', 'export function a() {}'], []],
  ['a type and a value', ['export type A = 1;', 'export const A = 1;'], []],
])('one name for %s', (_, texts, twins) => {
  expect(twinTypes(filesOf(...texts))).toEqual(twins);
});
