// Commands on a cluster's lane: what kubectl is told, and what is sent along.
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { main } from '../command.ts';

const FILE = 'print(1)\n';

/** Calls the command in a folder with a `main` and a `t.py`; the words that its kubectl is to run, and what that reads. */
async function sent(args: readonly string[], input = '') {
  const folder = await mkdtemp(join(tmpdir(), 'forward-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const script = `#!/bin/sh
case " $* " in *" get "*) echo deployment.apps/lab; exit;; esac
case " $* " in *" tar "*|*" rm "*) exit;; esac
printf '%s\\n' "$@" >'${folder}/words'
for last; do :; done
case " $* " in *" export "*) echo "git clone $last/main.bundle" >&2;; esac
case " $* " in *" replay "*) : >'${folder}/input';; *) cat >'${folder}/input';; esac
`;
  await writeFile(join(folder, 'kubectl'), script);
  await chmod(join(folder, 'kubectl'), 0o755);
  await writeFile(join(folder, 't.py'), FILE);
  const env = { PATH: `${folder}:${process.env.PATH}` };
  const called = [main, ...args, '--context', 'c'];
  const { stderr } = await execa(process.execPath, called, { cwd: folder, env, input, reject: false });
  const words = (await readFile(join(folder, 'words'), 'utf8')).trimEnd().split('\n');
  return {
    words: words.slice(words.indexOf('autoresearch') + 1),
    input: await readFile(join(folder, 'input'), 'utf8'),
    stderr,
  };
}

test.each([
  [['try', 't.py', '-m', 't.py'], ['try', '-m', 't.py', '--dir', '/data', '--', '-'], FILE],
  [['try', '-m', 'mine', '-'], ['try', '-m', 'mine', '--dir', '/data', '--', '-'], 'x = 2\n'],
  [['import', '-', '--lane=b'], ['import', '--lane=b', '--dir', '/data', '--', '-'], 'x = 2\n'],
  [['show', '3', '--log', '--lane', '3'], ['show', '--log', '--lane', '3', '--dir', '/data', '--', '3'], ''],
  [['guide', 'stay small', '--dir', 'x'], ['guide', '--dir', '/data', '--', 'stay small'], ''],
  [['guide', '-5'], ['guide', '--dir', '/data', '--', '-5'], ''],
  [
    ['replay', '--times', '2'],
    ['replay', '--times', '2', '--dir', '/data', '--config', '/etc/autoresearch/config.yaml', '--attended'],
    '',
  ],
  [['list', '--last', '5'], ['list', '--last', '5', '--dir', '/data'], ''],
])('%j is carried out there', async (args, words, input) => {
  const piped = args.includes('-') ? 'x = 2\n' : '';
  expect(await sent(args, piped)).toEqual({ words, input, stderr: '' });
});

test('a folder to export to may be called as the lane is', async () => {
  const { words, stderr } = await sent(['export', '--lane', 'main', 'main']);
  // Over there the folder goes away: it is named as it is called here.
  expect(stderr.split('\n')[0]).toBe('git clone main/main.bundle');
  expect(words).toEqual([
    ...['export', '--lane', 'main', '--dir', '/data', '--'],
    expect.stringMatching(/^\/tmp\/export-/),
  ]);
});
