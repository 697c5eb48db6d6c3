// a person's own train.py.

import { access, readFile, stat } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { execa } from 'execa';
import { Failure } from '../failure.ts';
import { checkout } from '../settings/checkout.ts';

/** The most a train.py may hold, in bytes: on a cluster it travels inside the Job. */
const TRAIN_PY_AT_MOST = 200_000;

/** The file's text, if it could be a train.py: not empty, not too large, UTF-8, and Python can parse it. */
/** The train.py in a file, or on stdin (`-`). Throws Failure 2 with what is wrong with it. */
export async function usable(file: string): Promise<string> {
  const found = file === '-' ? null : await stat(file).catch(() => null);
  if (file !== '-' && !found?.isFile()) throw new Failure(2, `there is no file ${file}; check the path`);
  const size = found?.size ?? 1;
  // Before it is read, for it may be anything.
  if (size > TRAIN_PY_AT_MOST) throw tooLarge(file, size);
  const bytes = found ? await readFile(file) : await buffer(process.stdin);
  if (bytes.length === 0) throw new Failure(2, `${file} is empty; a train.py is needed`);
  if (bytes.length > TRAIN_PY_AT_MOST) throw tooLarge(file, bytes.length);
  if (bytes.includes(0) || !isUtf8(bytes))
    throw new Failure(2, `${file} is not text in UTF-8; a train.py is needed`);
  const parse = 'import ast,sys; ast.parse(sys.stdin.buffer.read())';
  // In the controller's image there is no trainer's environment, and Python's own will do.
  const python = await access(checkout.python).then(
    () => checkout.python,
    () => 'python3',
  );
  const { failed, stderr } = await execa(python, ['-I', '-c', parse], { input: bytes, reject: false });
  if (failed)
    throw new Failure(2, `${file} is not Python: ${stderr.trim().split('\n').at(-1)}; mend it and try again`);
  return bytes.toString('utf8');
}

function tooLarge(file: string, size: number): Failure {
  return new Failure(2, `${file} has ${size} bytes, a train.py at most ${TRAIN_PY_AT_MOST}; make it smaller`);
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
