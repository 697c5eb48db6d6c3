// One limit of a train.py's size, whoever brings it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { usable, withUsableFile } from '../../controller/cli/steer/train-file.ts';
import { TRAIN_PY_BYTES } from '../../controller/intent.ts';
import { readAnswers } from '../../controller/llm/answer.ts';

/** A program of so many bytes of UTF-8, fewer characters, that ends in a line break as a rewrite does. */
function program(bytes: number): string {
  const text = `# é${'x'.repeat(bytes - 5)}\n`;
  expect(Buffer.byteLength(text)).toBe(bytes);
  return text;
}

/** What a person and a model are told of the same file: null where it is taken. */
async function said(trainPy: string): Promise<{ person: string | null; model: string | null }> {
  const folder = await mkdtemp(join(tmpdir(), 'train-file-'));
  try {
    const file = join(folder, 'train.py');
    await writeFile(file, trainPy);
    const person = await usable(file).then(
      (text) => (text === trainPy ? null : 'another text'),
      (error: Error) => error.message.replace(`${file} cannot be used: `, ''),
    );
    const idea = { description: 'd', hypothesis: 'h', file: 'train.py', edits: [], rewrite: trainPy };
    const read = readAnswers(JSON.stringify({ ideas: [idea] }), 'x = 1\n')[0]!;
    return { person, model: 'sentence' in read ? read.sentence : null };
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('a person and a model may both bring 204,800 bytes', async () => {
  expect(TRAIN_PY_BYTES).toBe(204_800);
  expect(await said(program(204_800))).toEqual({ person: null, model: null });
});

test('a person and a model are refused at the next byte, with the same words', async () => {
  const words = 'train.py may have at most 204800 bytes, and this one has 204801; make it smaller';
  expect(await said(program(204_801))).toEqual({ person: words, model: words });
});

describe('one program is one file at every door, with', () => {
  const file = 'x = 1\ny = """a\nb"""\n';
  const answered = (change: object) => {
    const answer = {
      description: 'd',
      hypothesis: 'h',
      file: 'train.py',
      edits: [],
      rewrite: null,
      ...change,
    };
    const read = readAnswers(JSON.stringify({ ideas: [answer] }), 'z = 1\r\nx = 2\r\n')[0]!;
    return 'sentence' in read ? read.sentence : read.trainPy;
  };
  test.each([
    ['carriage returns', file.replaceAll('\n', '\r\n')],
    ['carriage returns alone', file.replaceAll('\n', '\r')],
    ['a byte order mark', `\ufeff${file}`],
    ['no end of the last line', file.trimEnd()],
    ['empty lines at its end', `${file}\n\r\n`],
  ])('%s', async (_, written) => {
    const folder = await mkdtemp(join(tmpdir(), 'train-file-'));
    try {
      const path = join(folder, 'train.py');
      await writeFile(path, written);
      // `try` and --train-py; a lane's settings, which a cluster gets as a ConfigMap; and a model.
      expect(await usable(path)).toBe(file);
      expect(await withUsableFile({ trainPy: '', trainPyFile: path })).toMatchObject({ trainPy: file });
      expect(await withUsableFile({ trainPy: written, trainPyFile: '' })).toMatchObject({ trainPy: file });
      expect(answered({ rewrite: written })).toBe(file);
      const edits = [{ search: 'z = 1\nx = 2', replace: written.trimEnd() }];
      expect(answered({ edits })).toBe(file);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
