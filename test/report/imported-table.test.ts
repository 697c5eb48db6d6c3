// Tables from elsewhere: what is read of them, and why one is refused.
import { describe, expect, test } from 'vitest';
import { importedTable } from '../../controller/report/imported-table.ts';
import { encode } from '../../controller/report/results-tsv.ts';
import { draftLike } from '../contract/drafts.ts';

const HEAD = 'commit\tval_bpb\tmemory_gb\tstatus\tdescription\n';
const read = (text: string) => importedTable(text, 'past.tsv');

describe('of a table is read', () => {
  test('what karpathy’s five columns say, oldest first', () => {
    const rows = `${HEAD}a1b2c3d\t0.997900\t44.0\tkeep\tbaseline\nb2c3d4e\t0.993200\t44.2\tkeep\tincrease LR to 0.04\nc3d4e5f\t1.005000\t44.0\tdiscard\tswitch to GeLU\nd4e5f6g\t0.000000\t0.0\tcrash\tdouble model width (OOM)\n`;
    expect(read(rows)).toEqual({
      kind: 'rows',
      leftOut: 0,
      rows: [
        { description: 'baseline', status: 'keep', valBpb: 0.9979 },
        { description: 'increase LR to 0.04', status: 'keep', valBpb: 0.9932 },
        { description: 'switch to GeLU', status: 'discard', valBpb: 1.005 },
        { description: 'double model width (OOM)', status: 'crash', valBpb: null },
      ],
    });
  });

  test('what our own says', () => {
    const decision = { ...draftLike({ description: 'WIDTH: 64 -> 96' }), commit: 'c'.repeat(40) };
    expect(read(encode([decision]))).toMatchObject({
      rows: [{ description: 'WIDTH: 64 -> 96', valBpb: decision.valBpb }],
    });
  });

  test.each<[string, string, object]>([
    [
      'columns in another order, and more of them',
      'status\tx\tdescription\tval_bpb\tmemory_gb\tcommit\nkeep\t1\td\t2\t0\tc\n',
      { leftOut: 0 },
    ],
    [
      'a byte order mark and CR LF',
      `\ufeff${HEAD}c\t2\t0\tKEEP \td\n`.replaceAll('\n', '\r\n'),
      { leftOut: 0 },
    ],
    ['rows without a result', `${HEAD}c\t2\t0\tkeep\td\nc\t\t\trunning\te\n`, { leftOut: 1 }],
  ])('%s', (_, table, wanted) => {
    expect(read(table)).toMatchObject({
      kind: 'rows',
      rows: [{ description: 'd', status: 'keep', valBpb: 2 }],
      ...wanted,
    });
  });

  test('descriptions on one line, without what could act on a terminal', () => {
    const said = read(`${HEAD}c\t2\t0\tkeep\t\u001b[31mred\u202e ${'x'.repeat(1000)}\n`);
    if (said.kind !== 'rows') throw new Error(said.sentence);
    expect(said.rows[0]!.description).toMatch(/^red x+…$/);
    expect(said.rows[0]!.description.length).toBeLessThanOrEqual(400);
  });
});

describe('a table is refused by what is true of it:', () => {
  test.each<[string, string, RegExp]>([
    ['it is empty', '', /it is empty; give a table/],
    ['commas', 'commit,val_bpb,memory_gb,status,description\na,1,2,keep,d\n', /separated by tabs; give/],
    [
      'another metric',
      'commit\tval_loss\tmemory_gb\tstatus\tdescription\na\t1\t2\tkeep\td\n',
      /lacks the column val_bpb; give/,
    ],
    [
      'another table',
      'id\tname\n1\tx\n',
      /lacks the columns commit, val_bpb, memory_gb, status, description; give/,
    ],
    [
      'a number that is none',
      `${HEAD}a\t1\t0\tkeep\td\nb\tbetter\t0\tdiscard\td\n`,
      /row 2 is a discard whose val_bpb is "better"; correct/,
    ],
    ['a keep of nothing', `${HEAD}a\t0.000000\t0\tkeep\td\n`, /row 1 is a keep whose val_bpb is "0.000000"/],
    ['no rows', HEAD, /no row of it is a keep/],
    ['only what still runs', `${HEAD}a\t\t\trunning\td\n`, /no row of it is a keep/],
    ['an archive', 'PK\u0003\u0004\0\0', /it is no text/],
    ['too many rows', HEAD + 'a\t1\t0\tkeep\td\n'.repeat(10_001), /10001 rows, and at most 10000/],
  ])('%s', (_, table, words) => {
    const said = read(table);
    if (said.kind !== 'refused') throw new Error('it is read');
    expect(said.sentence).toMatch(/^past\.tsv is not used: /);
    expect(said.sentence).toMatch(words);
    expect(said.sentence).toMatch(/; \S/);
  });
});
