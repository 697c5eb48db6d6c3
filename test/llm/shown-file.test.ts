import fc from 'fast-check';
import { expect, test } from 'vitest';
import { promptForIdea } from '../../controller/llm/prompt.ts';
import { shownFile } from '../../controller/llm/shown-file.ts';
import { briefOn } from '../messages/rig.ts';
import { frontierFile } from '../messages/shown.ts';

const LINES = Array.from({ length: 200 }, (_, i) => `KNOB_${i} = 1.0  # range: 0.1 .. 10.0 | one of many\n`);
const turn = { kind: 'exploit', ideas: 1, ready: [] } as const;

/** A lane of keeps, each made of the one before. */
function lane(edits: readonly ((file: string) => string)[]) {
  const files = [LINES.join('')];
  for (const edit of edits) files.push(edit(files.at(-1)!));
  return files.map((trainPy, i) => ({ experiment: String(3 * i).padStart(6, '0'), trainPy }));
}

const moved = (i: number) => (file: string) => file.replace(`KNOB_${i} = `, `KNOB_${i} = 2`);
const briefAt = (keeps: ReturnType<typeof lane>, count: number) =>
  briefOn({ trainPy: keeps[count - 1]!.trainPy, keeps: keeps.slice(0, count) });

const edits = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.nat(59).map(moved) },
    {
      weight: 1,
      arbitrary: fc.string({ unit: 'grapheme' }).map((text) => (file: string) => `${text}\n${file}`),
    },
    {
      weight: 1,
      arbitrary: fc.constant((file: string) => `${file.trimEnd().split('\n').reverse().join('\n')}\n`),
    },
  ),
  { maxLength: 40 },
);

test('what is shown makes the file of the frontier, whatever was kept', () => {
  fc.assert(
    fc.property(edits, (made) => {
      const keeps = lane(made);
      const brief = briefAt(keeps, keeps.length);
      expect(frontierFile(promptForIdea(brief, turn))).toBe(brief.trainPy);
    }),
  );
});

test('a keep of one line adds one text, and the file that stands in the cache moves once in nine', () => {
  const keeps = lane(Array.from({ length: 60 }, (_, i) => moved(i)));
  let [files, kept] = [0, 0];
  for (let count = 2; count <= keeps.length; count++) {
    const [before, now] = [shownFile(briefAt(keeps, count - 1)), shownFile(briefAt(keeps, count))];
    if (now.file !== before.file) files++;
    else {
      kept++;
      expect(now.changes.slice(0, -1)).toEqual(before.changes);
    }
    expect(now.changes.length).toBeGreaterThanOrEqual(Math.min(3, count - 1));
    expect(now.changes.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThan(0.6 * now.file.length);
  }
  expect({ files, kept }).toEqual({ files: 6, kept: 54 });
});

test('what takes half of the file is not told as changes', () => {
  const keeps = lane([moved(1), (file) => file.replaceAll('1.0', '3.0'), moved(2)]);
  const { file, changes } = shownFile(briefAt(keeps, 4));
  expect(file).toContain('train.py as experiment 6 left it');
  expect(changes).toHaveLength(1);
});
