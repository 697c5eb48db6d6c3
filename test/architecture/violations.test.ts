import { describe, expect, test } from 'vitest';
import { rules } from './rules.ts';
import { type Violation, violations } from './violations.ts';

describe('the rules see that', () => {
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
    ['nothing imports tests', 'arrow', 'controller/cli/x.ts', `import { a } from '../memory/store.ts';`],
    [
      'nothing is imported from nowhere',
      'arrow',
      'controller/cli/x.ts',
      `import { a } from '../../elsewhere/b.ts';`,
    ],
    [
      'the command reaches a cluster through the wiring',
      'arrow',
      'controller/cli/x.ts',
      `import { a } from '../adapters/kubernetes/lease.ts';`,
    ],
    [
      'a room within a room does not look up',
      'arrow',
      'controller/adapters/kubernetes/state/x.ts',
      `import { a } from '../events.ts';`,
    ],
    ['core does not read logs', 'arrow', 'controller/core/x.ts', `import { a } from './log/classify.ts';`],
    [
      'a core of logs is pure, too',
      'pure',
      'controller/core/log/x.ts',
      'export const now = () => Date.now();',
    ],
    ['a room within a room has to be made', 'arrow', 'controller/loop/deeper/x.ts', 'export const a = 1;'],
    ['a folder of harness has a room', 'arrow', 'harness/seal/deeper/x.py', 'a = 1'],
    ['a folder of controller has a room', 'arrow', 'controller/misc/x.ts', 'export const a = 1;'],
    ...[
      ['by its name', 'import seal.run'],
      ['from its package', 'from seal import run'],
      ['from within it', 'from seal.run import Run, run'],
      ['in a function', 'def f():\n    from seal import run as r'],
      ['over lines', 'from seal import (\n    run,\n)'],
    ].map(([how, text]): [string, Violation['rule'], string, string] => [
      `what confines imports no run ${how}`,
      'arrow',
      'harness/seal/confine/x.py',
      text!,
    ]),
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
  ];

  test.each(wrong)('%s', (_, rule, path, text) => {
    expect(found(path, text)).toEqual([[path, rule]]);
  });

  test.each<[string, string, string]>([
    [
      'core on core and its library',
      'controller/core/x.ts',
      `import { z } from 'zod';\nimport { a } from './y.ts';`,
    ],
    [
      'an adapter on the ports, its SDK and itself',
      'controller/adapters/s3/x.ts',
      `import { S3Client } from '@aws-sdk/client-s3';\nimport type { Store } from '../../ports.ts';\nimport { a } from './y.ts';`,
    ],
    [
      'the command on the wiring and on views',
      'controller/cli/read/x.ts',
      `import { a } from '../../wiring/x.ts';\nimport { b } from '../../loop/loop.ts';\nimport { c } from '../../report/c.ts';`,
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
    ['an attack by constant logits', 'test/attacks/corpus/answers/constant.py', 'a = 1'],
  ])('nothing is wrong with %s', (_, path, text) => {
    expect(found(path, text)).toEqual([]);
  });
});

/** Beside the file itself there is a supervisor to import from. */
function found(path: string, text: string): [string, string][] {
  const files = new Map([
    ['harness/seal/__init__.py', ''],
    ['harness/seal/errors.py', ''],
    ['harness/seal/run.py', ''],
    [path, text],
  ]);
  return violations(files, rules).map((violation) => [violation.path, violation.rule]);
}
