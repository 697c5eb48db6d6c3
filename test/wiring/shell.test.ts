// What surrounds a lane's folder, a repository or a shell, reaches nothing of it.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { trainers } from '../../controller/settings/trainers.ts';
import { makeText } from '../../controller/wiring/dataset.ts';
import { keepFromGit } from '../../controller/wiring/modes.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'shell-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const added = async (repo: string) => (await execa('git', ['-C', repo, 'add', '-n', '.'])).stdout;

test('a lane’s folder in a repository ignores itself, and one of a person’s own stays as it is', async () => {
  const repo = join(home, 'repo');
  await execa('git', ['init', '-q', repo]);
  for (const name of ['lab', 'mine']) {
    await mkdir(join(repo, name));
    await writeFile(join(repo, name, 'val.bin'), 'x');
  }
  await writeFile(join(repo, 'mine', '.gitignore'), 'other\n');
  for (const folder of ['lab', 'mine', '.']) await keepFromGit(join(repo, folder));
  expect(await added(repo)).toBe("add 'mine/.gitignore'\nadd 'mine/val.bin'");
  expect(await readFile(join(repo, 'mine', '.gitignore'), 'utf8')).toBe('other\n');
});

test.each(['PYTHONPATH', 'PYTHONHOME', 'PYTHONPLATLIBDIR'])(
  '%s of the shell does not reach prepare.py',
  async (name) => {
    await mkdir(join(home, 'site', 'numpy'), { recursive: true });
    await writeFile(join(home, 'site', 'numpy', '__init__.py'), 'raise ImportError("another Python’s")\n');
    vi.stubEnv(name, join(home, 'site'));
    try {
      const folder = join(home, name);
      const options = { text: null, prepare: '' };
      const made = await makeText(
        trainers.cpu,
        folder,
        join(folder, 'sealed'),
        Buffer.from('00'.repeat(32)),
        options,
      );
      expect(made.dataSha256).toMatch(/^[0-9a-f]{64}$/);
    } finally {
      vi.unstubAllEnvs();
    }
  },
);

test.each([
  [
    'os.kill(os.getpid(), signal.SIGBUS)',
    /^prepare\.py was ended by SIGBUS, as it is where memory or the disk is full\nFix this/,
  ],
  ['sys.exit(4)', /^prepare\.py ended with exit code 4 and said nothing\nFix this/],
])('a prepare.py that says nothing is told by how it ended: %s', async (line, words) => {
  const folder = join(home, 'harness');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'prepare.py'), `import os, signal, sys\n${line}\n`);
  const trainer = { ...trainers.cpu, folder };
  const made = makeText(
    trainer,
    join(home, 'text'),
    join(home, 'text', 'sealed'),
    Buffer.from('00'.repeat(32)),
    {
      text: null,
      prepare: '',
    },
  );
  await expect(made).rejects.toThrow(words);
});
