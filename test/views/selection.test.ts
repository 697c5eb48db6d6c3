// Which rows a list shows.
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { deltaText, type RowView, rowView } from '../../controller/views/row.ts';
import { kinds, select, sinceOf } from '../../controller/views/selection.ts';
import { draftLike } from '../contract/drafts.ts';

const HOUR = 3_600_000;

function row(n: number, change: object): RowView {
  const experiment = String(n).padStart(6, '0');
  const draft = draftLike({ experiment, timestampMs: n * HOUR, ...change });
  return rowView({ ...draft, commit: String(n).repeat(40).slice(0, 40) });
}

const rows = [
  row(0, { status: 'keep', valBpb: 2.5, baseBpb: null, memoryMb: 50 }),
  row(1, { status: 'discard', valBpb: 2.6, baseBpb: 2.5, memoryMb: 90 }),
  row(2, { status: 'crash', valBpb: null, error: 'nan', memoryMb: 10 }),
  row(3, { status: 'keep', valBpb: 2.4, baseBpb: 2.5, memoryMb: 70 }),
  row(4, { status: 'crash', valBpb: null, error: 'lost:evicted', memoryMb: 0 }),
];

const everything = { kinds: [], sinceMs: 0, order: 'order', last: Number.POSITIVE_INFINITY } as const;
const idsOf = (wanted: Partial<Parameters<typeof select>[1]>) =>
  select(rows, { ...everything, ...wanted }).map(({ experiment }) => Number(experiment));

test.each<[string, Partial<Parameters<typeof select>[1]>, number[]]>([
  ['all of them in the order of decisions', {}, [0, 1, 2, 3, 4]],
  ['keeps', { kinds: ['kept'] }, [0, 3]],
  ['discards', { kinds: ['discarded'] }, [1]],
  ['crashes without what the machine lost', { kinds: ['crashed'] }, [2]],
  ['what the machine lost', { kinds: ['lost'] }, [4]],
  ['either of two kinds', { kinds: ['kept', 'lost'] }, [0, 3, 4]],
  ['the newest two', { last: 2 }, [3, 4]],
  ['the newest keep', { kinds: ['kept'], last: 1 }, [3]],
  ['more than there are', { last: 99 }, [0, 1, 2, 3, 4]],
  ['what was decided since', { sinceMs: 3 * HOUR }, [3, 4]],
  ['the lowest number first, none last', { order: 'bpb' }, [3, 0, 1, 2, 4]],
  ['the largest gain first', { order: 'delta' }, [3, 1, 0, 2, 4]],
  ['the most memory first', { order: 'memory' }, [1, 3, 0, 2, 4]],
  ['the newest two, sorted', { last: 2, order: 'bpb' }, [3, 4]],
])('a list has %s', (_, wanted, ids) => {
  expect(idsOf(wanted)).toEqual(ids);
});

test('each row is of one kind, and none is of two', () => {
  const each = kinds.flatMap((kind) => idsOf({ kinds: [kind] }));
  expect(each.toSorted()).toEqual(idsOf({}));
});

test.each<[string, number | null]>([
  ['30m', 9.5 * HOUR],
  ['2h', 8 * HOUR],
  ['1.5h', 8.5 * HOUR],
  ['90s', 10 * HOUR - 90_000],
  ['1970-01-01T03:00:00Z', 3 * HOUR],
  ['1970-01-02', new Date(1970, 0, 2).getTime()],
  ['1970-01-02T00:00', new Date(1970, 0, 2).getTime()],
  ['yesterday', null],
  ['2h ago', null],
  ['12', null],
  ['', null],
  ['2026-13-45', null],
])('at ten, --since %j is %j', (text, ms) => {
  expect(sinceOf(text, 10 * HOUR)).toBe(ms);
});

test.each<[number | null, string]>([
  [-0.0767964, '-0.076796'],
  [0.038885, '+0.038885'],
  [0, '0.000000'],
  [null, ''],
])('a change of %j is told as %j', (delta, told) => {
  expect(deltaText(delta)).toBe(told);
});

test('a date begins at midnight of the place, as one with a time is of the place', async () => {
  const module = new URL('../../controller/views/selection.ts', import.meta.url);
  const program = `const { sinceOf } = await import(${JSON.stringify(module.href)}); console.log(new Date(sinceOf('2026-11-29', 0)).toISOString())`;
  const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', program], {
    env: { TZ: 'America/Los_Angeles' },
  });
  expect(stdout).toBe('2026-11-29T08:00:00.000Z');
});
