import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rules } from './architecture/rules.ts';
import { type Violation, violations } from './architecture/violations.ts';

const root = join(import.meta.dirname, '..');

function sources(): Map<string, string> {
  const files = new Map<string, string>();
  for (const folder of ['controller', 'harness', 'test', 'images']) {
    for (const entry of entriesOf(join(root, folder))) {
      const path = join(entry.parentPath, entry.name);
      const name = relative(root, path).split(sep).join('/');
      if (/(^|\/)(\.venv|node_modules|__pycache__|fixtures)\//.test(name)) continue;
      if (entry.isFile() && /\.(ts|mjs|py)$/.test(name)) files.set(name, readFileSync(path, 'utf8'));
    }
  }
  return files;
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true });
  } catch {
    return []; // images/ need not be there
  }
}

describe('the architecture', () => {
  const files = sources();

  test('is looked at as a whole', () => {
    for (const room of ['controller/core/decide.ts', 'controller/ports.ts', 'harness/supervise.py'])
      expect([...files.keys()]).toContain(room);
  });

  test('holds in every file', () => {
    expect(violations(files, rules).map(({ path, sentence }) => `${path} ${sentence}`)).toEqual([]);
  });
});

describe('the architecture test sees that', () => {
  const wrong: [string, Violation['rule'], string, string][] = [
    ['core does no I/O', 'pure', 'controller/core/x.ts', `import { readFile } from 'node:fs/promises';`],
    [
      'core does no I/O for types either',
      'pure',
      'controller/core/x.ts',
      `import type { Stats } from "node:fs";`,
    ],
    ['core has no clock', 'pure', 'controller/core/x.ts', 'export const now = () => Date.now();'],
    ['core has no date of today', 'pure', 'controller/core/x.ts', 'export const now = () => new Date();'],
    ['core throws no dice', 'pure', 'controller/core/x.ts', 'export const die = () => Math.random();'],
    ['core does not print', 'pure', 'controller/core/x.ts', 'console.log(1);'],
    ['core imports no port', 'arrow', 'controller/core/x.ts', `import type { Run } from '../ports.ts';`],
    ['core imports no SDK', 'home', 'controller/core/x.ts', `import pino from 'pino';`],
    ['core has few libraries', 'home', 'controller/core/x.ts', `import { diffLines } from 'diff';`],
    ['ports import core alone', 'arrow', 'controller/ports.ts', `import { a } from './loop/loop.ts';`],
    [
      'the loop knows no adapter',
      'arrow',
      'controller/loop/x.ts',
      `import { a } from '../adapters/git/frontier.ts';`,
    ],
    [
      'what carries the loop out neither',
      'arrow',
      'controller/loop/x.ts',
      `import { a } from '../cli/dev.ts';`,
    ],
    [
      'adapters know no other',
      'arrow',
      'controller/adapters/git/x.ts',
      `import { a } from '../s3/store.ts';`,
    ],
    ['nor a single-file one', 'arrow', 'controller/adapters/git/x.ts', `import { a } from '../clock.ts';`],
    [
      'adapters do not know the loop',
      'arrow',
      'controller/adapters/git/x.ts',
      `import { a } from '../../loop/loop.ts';`,
    ],
    [
      'a type counts as well',
      'arrow',
      'controller/adapters/git/x.ts',
      `import type { A } from '../s3/store.ts';`,
    ],
    [
      'export from counts as well',
      'arrow',
      'controller/adapters/git/x.ts',
      `const b = 1;\nexport { a } from '../s3/y.ts';`,
    ],
    [
      'import() counts as well',
      'arrow',
      'controller/adapters/git/x.ts',
      `const a = await import('../s3/y.ts');`,
    ],
    [
      'import over lines counts as well',
      'arrow',
      'controller/adapters/git/x.ts',
      `import {\n  a,\n  b,\n} from '../s3/y.ts';`,
    ],
    ['an import for its effect, too', 'arrow', 'controller/adapters/git/x.ts', `import '../s3/y.ts';`],
    ['the page does not act', 'arrow', 'controller/report/x.ts', `import { a } from '../loop/act.ts';`],
    [
      'an SDK has one home',
      'home',
      'controller/adapters/git/x.ts',
      `import { S3Client } from '@aws-sdk/client-s3';`,
    ],
    [
      'a path into an SDK, too',
      'home',
      'controller/loop/x.ts',
      `import { z } from '@anthropic-ai/sdk/helpers/zod';`,
    ],
    ['d3 draws the page only', 'home', 'controller/cli/x.ts', `import { line } from 'd3-shape';`],
    ['a new package needs a home', 'home', 'controller/cli/x.ts', `import lodash from 'lodash';`],
    ['set-up has no packages', 'home', 'controller/setup.mjs', `import { z } from 'zod';`],
    [
      'nothing imports tests',
      'arrow',
      'controller/cli/x.ts',
      `import { a } from '../../test/memory/store.ts';`,
    ],
    [
      'nothing is imported from nowhere',
      'arrow',
      'controller/cli/x.ts',
      `import { a } from '../../elsewhere/b.ts';`,
    ],
    ['a folder of controller has a room', 'arrow', 'controller/misc/x.ts', 'export const a = 1;'],
    ['imports can be read', 'import', 'controller/cli/x.ts', 'const a = await import(name);'],
    [
      'require is not used',
      'import',
      'controller/cli/x.mjs',
      `import { createRequire } from 'node:module';\nrequire(x);`,
    ],
    [
      'the environment is read by the command',
      'environment',
      'controller/adapters/git/x.ts',
      'const a = process.env.HOME;',
    ],
    [
      'barrels are not built',
      'barrel',
      'controller/core/x.ts',
      `export * from './a.ts';\nexport { b } from './b.ts';\n`,
    ],
    ['an index is none of our files', 'name', 'controller/core/index.ts', 'export const a = 1;'],
    ...[
      'util',
      'utils',
      'helper',
      'common',
      'types',
      'constants',
      'manager',
      'service',
      'handler',
      'processor',
      'engine',
      'data',
      'info',
    ].map((word): [string, Violation['rule'], string, string] => [
      `no file is called ${word}`,
      'name',
      `controller/core/run-${word}.ts`,
      'export const a = 1;',
    ]),
    ['tests have names, too', 'name', 'test/helpers.ts', 'export const a = 1;'],
    ['Python files as well', 'name', 'harness/seal/utils.py', 'a = 1'],
    ['no file is too long', 'length', 'controller/core/x.ts', 'export const a = 1;\n'.repeat(251)],
    ['no Python file either', 'length', 'harness/seal/x.py', 'a = 1\n'.repeat(251)],
    ['no table of cases either', 'length', 'test/core/x.test.ts', 'expect(1);\n'.repeat(451)],
  ];

  test.each(wrong)('%s', (_, rule, path, text) => {
    expect(found(path, text)).toEqual([[path, rule]]);
  });

  test('a long file that became short leaves the list of long ones', () => {
    const longer = { 'controller/core/x.ts': 'a reason' };
    const short = new Map([['controller/core/x.ts', 'export const a = 1;\n']]);
    expect(violations(short, { ...rules, longer }).map(({ rule }) => rule)).toEqual(['length']);
    const long = new Map([['controller/core/x.ts', 'export const a = 1;\n'.repeat(251)]]);
    expect(violations(long, { ...rules, longer })).toEqual([]);
  });

  test.each<[string, string, string]>([
    [
      'core on core and its libraries',
      'controller/core/x.ts',
      `import { z } from 'zod';\nimport { a } from './y.ts';\nimport { diff3Merge } from 'node-diff3';`,
    ],
    [
      'an adapter on the ports, its SDK and itself',
      'controller/adapters/s3/x.ts',
      `import { S3Client } from '@aws-sdk/client-s3';\nimport type { Store } from '../../ports.ts';\nimport { a } from './y.ts';`,
    ],
    [
      'the command on everything',
      'controller/cli/x.ts',
      `import { a } from '../adapters/git/x.ts';\nimport { b } from '../loop/loop.ts';\nimport { c } from '../report/c.ts';`,
    ],
    [
      'tests on tests and everything',
      'test/core/x.test.ts',
      `import { a } from '../memory/store.ts';\nimport { b } from '../../controller/loop/loop.ts';\nimport fc from 'fast-check';`,
    ],
    [
      'what only a comment or a text says',
      'controller/core/x.ts',
      `// import fs from 'node:fs'; Date.now()\nexport const a = "import x from '../loop.ts'; Math.random()";`,
    ],
    ['words inside other words', 'controller/core/database-typed.ts', 'export const a = 1;'],
    ['an attack by constant logits', 'test/attacks/corpus/constant.py', 'a = 1'],
    ['a file of exactly the length', 'controller/core/x.ts', 'export const a = 1;\n'.repeat(250)],
  ])('nothing is wrong with %s', (_, path, text) => {
    expect(found(path, text)).toEqual([]);
  });
});

function found(path: string, text: string): [string, string][] {
  const one = violations(new Map([[path, text]]), { ...rules, longer: {} });
  return one.map((violation) => [violation.path, violation.rule]);
}
