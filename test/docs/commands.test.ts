// Every command of the README and the quick start, as it stands there, in a fresh clone and in order. A fence says
// behind `sh` what it needs that a test has not (`needs=cluster`), what is long (`tier=long`), and which exit codes are
// right (`exit=0,3`).
import { rm } from 'node:fs/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plainEnv } from '../setup/plain-env.ts';
import { freshClone } from './fresh-clone.ts';
import { type Fence, partsOf, textOf } from './markdown.ts';

const DOCUMENTS = ['README.md', 'docs/quickstart.md'];
/** What the set-up lacks may have to come from the network. */
const AT_MOST_MS = 1_800_000;
const inTier = process.env.TIER === 'long' ? ['run', 'long'] : ['run'];

type Marks = Record<'needs' | 'tier' | 'exit', string | undefined>;

interface Block extends Fence {
  readonly marks: Marks;
  /** What becomes of it: run, run in the long tier only, or what it needs. */
  readonly kind: string;
  readonly lines: number;
}

function blocksOf(markdown: string): Block[] {
  const shells = partsOf(markdown).fences.filter(({ info: [language] }) =>
    /^(sh|bash|shell|zsh|console)$/.test(language!),
  );
  return shells.map((fence) => {
    const marks = marksOf(fence.info);
    const kind = marks.needs ? `needs ${marks.needs}` : (marks.tier ?? 'run');
    const lines = fence.content.split('\n').filter((line) => /^\s*[^\s#]/.test(line)).length;
    return { ...fence, marks, kind, lines };
  });
}

function marksOf([language, ...words]: readonly string[]): Marks {
  const marks: Marks = { needs: undefined, tier: undefined, exit: undefined };
  if (language !== 'sh') throw new Error(`commands stand in sh fences, not in ${language}`);
  for (const word of words) {
    const [, name, value] = /^(needs|tier|exit)=([a-z0-9,]+)$/.exec(word) ?? [];
    if (!name || (name === 'tier' && value !== 'long')) throw new Error(`a fence cannot be marked ${word}`);
    marks[name as keyof Marks] = value;
  }
  return marks;
}

function linesByKind(markdown: string): Record<string, number> {
  const all: Record<string, number> = {};
  for (const { kind, lines } of blocksOf(markdown)) all[kind] = (all[kind] ?? 0) + lines;
  return all;
}

// A command that is added, or marked, is counted here: nothing escapes in silence.
test.each<[string, Record<string, number>]>([
  ['README.md', { run: 2, long: 1, 'needs key': 2, 'needs cluster': 2 }],
  ['docs/quickstart.md', { run: 30 }],
])('the command lines of %s are all counted', (path, lines) => {
  expect(linesByKind(textOf(path))).toEqual(lines);
});

describe('in a fresh clone', () => {
  let clone: string;
  beforeAll(async () => {
    clone = await freshClone();
  }, AT_MOST_MS);
  afterAll(async () => {
    await rm(clone, { recursive: true, force: true });
  });

  const blocks = DOCUMENTS.flatMap((path) =>
    blocksOf(textOf(path)).map((block): [string, Block] => [`${path}:${block.line}`, block]),
  );
  test.each(blocks.filter(([, { kind }]) => inTier.includes(kind)))(
    '%s runs',
    async (_, block) => {
      const options = { cwd: clone, env: plainEnv(), extendEnv: false, reject: false, all: true } as const;
      // -x: the log of one that fails says which command it was.
      const { exitCode, all } = await execa('bash', ['-xeo', 'pipefail', '-c', block.content], options);
      expect((block.marks.exit ?? '0').split(','), all).toContain(String(exitCode));
    },
    AT_MOST_MS,
  );
});

test.each<[string, string, Record<string, number>]>([
  ['comments and blank lines are no commands', '```sh\n# one\n\nls\n  # two\n```', { run: 1 }],
  ['each line of one that goes on counts', '```sh\nls \\\n  -l\n```', { run: 2 }],
  [
    'fences of one kind are added up',
    '```sh\na\n```\n```sh\nb\n```\n```sh tier=long\nc\n```',
    { run: 2, long: 1 },
  ],
  ['what a fence needs is its kind', '```sh needs=key\na\n```', { 'needs key': 1 }],
  ['output is none', '```text\nls\n```\n```yaml\na: b\n```', {}],
  ['a fence in a list counts', '1. one\n   ```sh\n   ls\n   ```', { run: 1 }],
])('%s', (_, markdown, lines) => {
  expect(linesByKind(markdown)).toEqual(lines);
});

test.each<[string, string]>([
  ['a fence cannot be marked need=key', '```sh need=key\na\n```'],
  ['a fence cannot be marked tier=quick', '```sh tier=quick\na\n```'],
  ['commands stand in sh fences, not in bash', '```bash\na\n```'],
])('%s', (words, markdown) => {
  expect(() => blocksOf(markdown)).toThrow(words);
});
