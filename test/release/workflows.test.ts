// What a workflow does is a script of this repository, so that it can be tried here: nothing else is run.
import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..', '..');
const folder = join(root, '.github', 'workflows');
/** What only the place where a release is made can do. */
const THEIRS = /^(docker login|gh release create) /;
const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));

describe.each(await readdir(folder))('%s', async (file) => {
  interface Job {
    steps: { run?: string; uses?: string }[];
  }
  interface Workflow {
    jobs: Record<string, Job>;
    defaults?: { run?: { shell?: string } };
  }
  const { jobs, defaults }: Workflow = parse(await readFile(join(folder, file), 'utf8'));
  const runs = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));

  test.each(runs)('runs a script of the repository: %s', async (run) => {
    if (THEIRS.test(run)) return;
    const [, npm] = /^npm (?:run )?([\w:]+)/.exec(run) ?? [];
    if (npm !== undefined) return expect(Object.keys(scripts)).toContain(npm);
    const [script] = /(?:images|controller|test)\/[\w./-]+\.(?:sh|mjs|ts)/.exec(run) ?? [];
    expect(script, 'it names a script').toBeDefined();
    await access(join(root, script!));
  });

  test('ends where a command in a pipe fails: GitHub does so only in a bash that is named', () => {
    if (runs.some((run) => / \| /.test(run))) expect(defaults?.run?.shell).toBe('bash');
  });
});

test.each([
  [[], 2, 'TEXT_SECRET=… images/release/secret.sh FILE'],
  [['made'], 3, 'set it in the secrets of the repository'],
])('the secret of the text is refused with what to do: %j', async (words, code, says) => {
  const said = await execa(join(root, 'images/release/secret.sh'), words, {
    reject: false,
    env: { TEXT_SECRET: 'short' },
  });
  expect([said.exitCode, said.stderr]).toEqual([code, expect.stringContaining(says)]);
});
