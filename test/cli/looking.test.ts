// Commands that only look, beside a controller that writes.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DirectoryStore } from '../../controller/adapters/directory/store.ts';
import { keys } from '../../controller/core/keys.ts';
import { encode } from '../../controller/std/json.ts';
import { experimentSchema } from '../../controller/views/experiment.ts';
import { rowSchema } from '../../controller/views/row.ts';
import { read } from '../../controller/wiring/lane-reader.ts';
import { atTerminal, autoresearch, heard, start } from './command.ts';

let dir: string;
let store: DirectoryStore;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'looking-'));
  store = new DirectoryStore(join(dir, 'store'));
  const lane = ['--dir', dir, '--clock', 'virtual', '--budget', '0.5s', '--plain', '--proposer', 'null'];
  const ran = await autoresearch('dev', ...lane, '--experiments', '1');
  expect(ran.code, ran.err).toBe(0);
}, 1_800_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

test('an export changes nothing in the store, where a controller may have written meanwhile', async () => {
  const rows = await readFile(join(dir, 'store', keys.results('main')), 'utf8');
  const newer = `${rows}a row that the export has not seen\n`;
  await store.put(keys.results('main'), new TextEncoder().encode(newer));
  const out = join(dir, 'out');
  const exported = await autoresearch('export', out, '--dir', dir);
  expect(exported.code, exported.err).toBe(0);
  expect(await readFile(join(dir, 'store', keys.results('main')), 'utf8')).toBe(newer);
  expect(await readFile(join(out, 'results.tsv'), 'utf8')).toBe(rows);
  expect(await readFile(join(out, 'progress.svg'), 'utf8')).toMatch(/^<svg/);
  for (const name of ['progress.png', 'card.png', 'card-dark.png'])
    expect((await readFile(join(out, name))).subarray(1, 4).toString(), name).toBe('PNG');
});

test('at a terminal a column that no row fills takes no room', async () => {
  const heads = async (asked: typeof autoresearch) =>
    (await asked('list', '--dir', dir)).out.split('\n')[0]!.split(/\s+/);
  expect((await heads(autoresearch)).slice(-4)).toEqual(['delta', 'commit', 'error', 'description']);
  expect((await heads(atTerminal)).slice(-3)).toEqual(['delta', 'commit', expect.stringMatching(/^descr/)]);
});

test('at a terminal a list without rows has its heading', async () => {
  const { code, out } = await atTerminal('list', '--crashed', '--dir', dir);
  expect([code, out]).toEqual([0, expect.stringMatching(/^experiment +status/)]);
});

test('an export overwrites nothing unless it is told to', async () => {
  const out = join(dir, 'mine');
  await mkdir(out);
  await writeFile(join(out, 'results.tsv'), 'my own notes\n');
  const refused = await autoresearch('export', out, '--dir', dir);
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining(`${out} is not empty`)]);
  expect(await readFile(join(out, 'results.tsv'), 'utf8')).toBe('my own notes\n');
  expect((await autoresearch('export', out, '--force', '--dir', dir)).code).toBe(0);
  expect(await readFile(join(out, 'results.tsv'), 'utf8')).toMatch(/^commit\t/);
});

test('JSON of list and show has the shape that its schema tells, with numbers as numbers', async () => {
  const list = await autoresearch('list', '-o', 'json', '--dir', dir);
  expect(z.array(rowSchema).parse(JSON.parse(list.out))).toHaveLength(2);
  const [row] = JSON.parse((await autoresearch('show', 'last', '-o', 'json', '--dir', dir)).out);
  expect(experimentSchema.parse(row)).toMatchObject({ experiment: '000001', valBpb: expect.any(Number) });
  const [kept] = JSON.parse((await autoresearch('list', '--kept', '-o', 'json', '--dir', dir)).out);
  expect(kept).toMatchObject({ experiment: '000000', status: 'keep', deltaBpb: null });
});

test.each<[string[], RegExp]>([
  [['show', 'best'], /^0{6} +keep +\d\.\d{6} +commit [0-9a-f]{7}\n.*\n\nbaseline\n/],
  [['show', '1'], /^000001 +\w+ +\d\.\d{6} +[+-]?\d\.\d{6} (?:.*\n)+\+# null 000001\n/],
  [['show', '0..1', '--diff'], /^000001 .*\n=+\n--- a\/train.py/],
  [['diff', 'baseline', 'last'], /^=+\n--- a\/train.py\t000000: baseline\n/],
  [['list', '--kept'], /^experiment +status +val_bpb +delta .*\n000000 +keep +\d\.\d{6} .*baseline$/],
])('%j begins with what a person wants to know', async (args, words) => {
  const { code, out, err } = await autoresearch(...args, '--dir', dir);
  expect([code, out], err).toEqual([0, expect.stringMatching(words)]);
});

test('logs -f shows the end of each attempt whose run was put away before the last look', async () => {
  const { ledger } = await read({ dir });
  const baseline = ledger.decisions[0]!;
  const id = String(ledger.nextId).padStart(6, '0');
  const proposal = {
    experiment: id,
    description: 'by hand',
    hypothesis: '',
    source: 'human',
    base: baseline.commit,
    trainPy: 'print(9)\n',
    program: '',
    stackOf: null,
    createdMs: 0,
  };
  await store.putIfAbsent(keys.proposal('main', Number(id)), encode(proposal));
  const run = join(dir, 'runs', `main-${id}-a1`);
  await mkdir(join(run, 'result'), { recursive: true });
  await writeFile(join(run, 'result', 'run.log'), 'step 1 of 1\n');
  const open = JSON.parse((await autoresearch('list', '--running', '-o', 'json', '--dir', dir)).out);
  expect(open).toEqual([{ experiment: id, status: 'open', description: 'by hand' }]);
  const following = start('logs', '-f', String(Number(id)), '--dir', dir);
  await heard(following.stdout!, 'step 1');
  const log = (n: number) => `step 1 of ${n}\nval_bpb: 2.000000\n`;
  const put = (n: number) =>
    store.putIfAbsent(keys.attempt('main', id, n, 'run.log'), new TextEncoder().encode(log(n)));
  await put(1);
  await rm(run, { recursive: true });
  // The first attempt is over and another one follows.
  await store.putIfAbsent(keys.attempt('main', id, 1, 'result.json'), encode({}));
  await heard(following.stdout!, 'val_bpb');
  const second = join(dir, 'runs', `main-${id}-a2`, 'result');
  await mkdir(second, { recursive: true });
  await writeFile(join(second, 'run.log'), 'step 1 of 2\n');
  await heard(following.stdout!, 'step 1 of 2');
  await put(2);
  await rm(join(second, '..'), { recursive: true });
  const judged = { experiment: id, status: 'discard', reason: 'worse', seq: 99, attempts: 2 };
  await store.putIfAbsent(keys.record('main', id), encode({ ...baseline, ...judged }));
  const { stdout, stderr, exitCode } = await following;
  expect([exitCode, `${stdout}\n`]).toEqual([0, log(1) + log(2)]);
  expect(stderr).toContain('attempt 2:');
});

test.each([
  ['has ended already', true],
  ['ends while somebody looks', false],
])('logs -f ends with a run that outlived its controller and %s', async (_, already) => {
  const { ledger } = await read({ dir });
  const baseline = ledger.decisions[0]!;
  const n = ledger.nextId;
  const id = String(n).padStart(6, '0');
  const proposal = {
    experiment: id,
    description: 'left',
    hypothesis: '',
    source: 'human',
    base: baseline.commit,
  };
  const rest = { trainPy: `print(${n})\n`, program: '', stackOf: null, createdMs: 0 };
  await store.putIfAbsent(keys.proposal('main', n), encode({ ...proposal, ...rest }));
  const result = join(dir, 'runs', `main-${id}-a1`, 'result');
  await mkdir(result, { recursive: true });
  await writeFile(join(result, 'run.log'), 'step 1\n');
  const end = () => writeFile(join(result, 'result.json'), '{}');
  if (already) await end();
  const following = start('logs', '-f', String(n), '--dir', dir);
  await heard(following.stdout!, 'step 1');
  if (!already) await end();
  const { stdout, exitCode } = await following;
  expect([exitCode, stdout]).toEqual([0, 'step 1']);
  await rm(result, { recursive: true });
  await store.putIfAbsent(
    keys.record('main', id),
    encode({ ...baseline, experiment: id, status: 'discard', reason: 'worse', seq: 90 + n, attempts: 1 }),
  );
});

describe('text of a run', () => {
  const hostile = 'one\x1b]0;title\x07 \x1b[2J\x9b31mtwo\u202e\u2066 three\nstep 1\rstep 2\n';
  const shown = 'one 31mtwo three\nstep 1\rstep 2\n';
  const asked: [string[], string][] = [
    [['logs', '1'], shown],
    [['show', '1', '--log'], shown],
    [['show', '1', '--diff'], shown.replace('\r', '\n')],
    [['show', '1', '--train-py'], shown.replace('\r', '\n')],
  ];
  beforeAll(async () => {
    for (const file of ['run.log', 'diff.patch', 'train.py'] as const)
      await store.put(keys.attempt('main', '000001', 1, file), new TextEncoder().encode(hostile));
  });

  test.each(asked)('%j leaves a terminal nothing to obey', async (args, wanted) => {
    const { code, out, err } = await atTerminal(...args, '--dir', dir);
    expect([code, out], err).toEqual([0, wanted]);
  });

  test.each(asked)('%j is as it was where it is piped', async (args) => {
    const { code, out } = await autoresearch(...args, '--dir', dir);
    expect([code, `${out}\n`]).toEqual([0, hostile]);
  });
});

test.each([['status'], ['list'], ['list', '-o', 'json'], ['list', '-o', 'tsv'], ['show', '99']])(
  '%s shows the words of a model without what a terminal would obey',
  async (...args) => {
    const { ledger } = await read({ dir });
    const description = 'wider\x9b2J\u202e\r\nforged line';
    const record = { ...ledger.decisions[0]!, description, status: 'keep', seq: 100, experiment: '000099' };
    await store.put(keys.record('main', '000099'), encode(record));
    const proposal = {
      experiment: '000099',
      hypothesis: '',
      source: 'human',
      base: null,
      program: '',
      stackOf: null,
    };
    const rest = { description, trainPy: 'print(99)\n', createdMs: 0 };
    await store.put(keys.proposal('main', '000099'), encode({ ...proposal, ...rest }));
    const { out } = await atTerminal(...args, '--dir', dir);
    expect(out).toContain('wider');
    expect(out).not.toMatch(/[\x80-\x9f\u202e]|^forged/m);
  },
);

test('a lane that is not there is said by status as by every command', async () => {
  for (const command of ['status', 'list', 'pause']) {
    const { code, err } = await autoresearch(command, '--lane', 'mian', '--dir', dir);
    expect([code, err]).toEqual([
      3,
      expect.stringContaining('there is no lane mian; name one that is there with --lane: main'),
    ]);
  }
});

test('who reads only the beginning closes the pipe, and that is an end like any other', async () => {
  const many = 2000;
  const { ledger } = await read({ dir });
  const last = ledger.decisions.at(-1)!;
  for (let n = 0; n < many; n++) {
    const experiment = String(ledger.nextId + 10 + n).padStart(6, '0');
    const row = { ...last, experiment, status: 'discard', reason: 'worse', seq: 1000 + n, attempts: 1 };
    const proposal = { experiment, description: 'x', hypothesis: '', source: 'human', base: last.commit };
    const rest = { trainPy: 'print(1)\n', program: '', stackOf: null, createdMs: 0 };
    await store.put(keys.proposal('main', Number(experiment)), encode({ ...proposal, ...rest }));
    await store.put(keys.record('main', experiment), encode(row));
  }
  const listing = start('list', '--dir', dir);
  let err = '';
  listing.stderr!.on('data', (chunk) => {
    err += chunk;
  });
  await heard(listing.stdout!, 'experiment');
  listing.stdout!.destroy();
  const { exitCode } = await listing;
  expect([exitCode, err]).toEqual([0, '']);
});

describe('prompt prints what would be sent, and sends nothing:', () => {
  const shown = async (proposer: string, ...args: string[]) => {
    const config = join(dir, 'proposer.yaml');
    await writeFile(config, `proposer: ${proposer}\n`);
    return autoresearch('prompt', '--config', config, '--dir', dir, ...args);
  };
  const openai = '{ kind: openai, model: local, prices: 0, baseURL: "http://127.0.0.1:9", answers: json }';

  test.each<[string, string, RegExp]>([
    ['of a model that takes JSON without a schema', openai, /Its schema: \{[\s\S]*Propose 4 experiments/],
    ['of a command, its files', '{ kind: command, command: "true" }', /# Your task[\s\S]*"tip_bpb":/],
    [
      'of a mix, that of the part that reads',
      '{ mix: { builtin: 1, command: 1 }, command: { command: "true" } }',
      /# Your task/,
    ],
    ['of Claude without a cap', '{ kind: anthropic }', /You are the proposer of an unattended research loop/],
  ])('%s', async (_, proposer, words) => {
    const { code, out, err } = await shown(proposer);
    expect(code, err).toBe(0);
    expect(out).toMatch(words);
    expect(out).toContain('def evaluate_bpb(');
  });

  test('as JSON it is what the interface takes', async () => {
    const said = JSON.parse((await shown(openai, '--at', '0', '-o', 'json')).out);
    expect(said).toMatchObject({ model: 'local', response_format: { type: 'json_object' }, stream: true });
    expect(said.messages[1].content).not.toContain('000001');
  });

  test('and nothing of who reads nothing', async () => {
    const { code, err } = await shown('builtin');
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('builtin is sent no prompt; name another with --proposer'),
    ]);
  });
});
