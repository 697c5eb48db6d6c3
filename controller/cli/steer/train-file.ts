// A person's own train.py.

import { access, readFile, stat } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { execa } from 'execa';
import { Failure } from '../../failure.ts';
import { tooLarge } from '../../intent.ts';
import { checkout } from '../../settings/checkout.ts';
import { asFile } from '../../std/text.ts';

/**
 * The text of a file, or of stdin (`-`), if it could be a train.py: not empty, not too large, UTF-8, and Python can
 * parse it. Its lines end as they do here, so that one program is one file. Throws Failure 2 with what is wrong with it.
 */
export async function usable(file: string): Promise<string> {
  const found = file === '-' ? null : await stat(file).catch(() => null);
  if (file !== '-' && !found?.isFile()) throw new Failure(2, `there is no file ${file}; check the path`);
  // Before it is read, for it may be anything.
  check(file, found?.size ?? 0);
  const bytes = found ? await readFile(file) : await buffer(process.stdin);
  return usableText(file, bytes);
}

/** The same of bytes that are there; `file` names them. */
export async function usableText(file: string, bytes: Uint8Array): Promise<string> {
  if (bytes.length === 0) throw new Failure(2, `${file} is empty; a train.py is needed`);
  check(file, bytes.length);
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
    throw new Failure(
      2,
      `${file} is not Python: ${stderr.trim().split('\n').at(-1)}; correct it and try again`,
    );
  return asFile(Buffer.from(bytes).toString('utf8'));
}

/** A lane whose first train.py, where it gives one, could be one. Throws Failure 2. */
export async function withUsableFile<L extends { trainPy: string; trainPyFile: string }>(
  lane: L,
): Promise<L> {
  const { trainPy, trainPyFile } = lane;
  if (trainPyFile) return { ...lane, trainPy: await usable(trainPyFile), trainPyFile: '' };
  return trainPy ? { ...lane, trainPy: await usableText('trainPy', Buffer.from(trainPy)) } : lane;
}

function check(file: string, bytes: number): void {
  const large = tooLarge(bytes);
  if (large) throw new Failure(2, `${file} cannot be used: ${large}`);
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
