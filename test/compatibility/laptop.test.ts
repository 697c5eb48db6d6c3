// A folder that an older release began on a laptop, and left when its controller was killed.
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decode } from '../../controller/report/results-tsv.ts';
import { autoresearch } from '../cli/command.ts';
import {
  asWrittenToday,
  attemptsIn,
  besideHarnessOf,
  commitsOn,
  keptIn,
  letGo,
  RELEASES,
  unpack,
} from './recorded.ts';

const BUDGET = ['--budget', '1s', '--plain'];

describe.each(RELEASES)('a folder of %s', (release) => {
  let home: string;
  let dir: string;
  let rows: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'laptop-'));
    dir = join(home, 'lab');
    await unpack(release, 'laptop', dir);
    rows = asWrittenToday(await readFile(join(dir, 'store', 'main', 'results.tsv'), 'utf8'));
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  const copied = async (name: string) => {
    await cp(dir, join(home, name), { recursive: true, preserveTimestamps: true });
    return join(home, name);
  };
  const results = (of: string) => readFile(join(of, 'store', 'main', 'results.tsv'), 'utf8');

  test('has an experiment of every kind, and two that were under way', async () => {
    const decoded = decode(rows);
    if (decoded.kind !== 'rows') throw new Error('the recorded rows cannot be read');
    const met = new Set(decoded.rows.map(({ status, error }) => `${status} ${error}`));
    expect(met).toEqual(new Set(['keep ', 'discard ', 'crash ValueError']));
    expect(decoded.rows.map(({ attempts }) => attempts)).toContain('2');
    expect(await readdir(join(dir, 'runs'))).toEqual(['main-000009-a1', 'main-000010-a1']);
  });

  test('opens: its rows are told, and made anew, to the byte', async () => {
    const open = await copied('open');
    const list = await autoresearch('list', '-o', 'tsv', '--dir', open);
    expect(`${list.out}\n`, list.err).toBe(rows);
    await rm(join(open, 'store', 'main', 'results.tsv'));
    const rebuilt = await autoresearch('rebuild', '--dir', open);
    expect(rebuilt.code, rebuilt.err).toBe(0);
    expect(await results(open)).toBe(rows);
  });

  test('remembers what it was begun with, though its release wrote that nowhere', async () => {
    const on = await copied('remembers');
    const [status] = JSON.parse((await autoresearch('status', '--dir', on, '-o', 'json')).out);
    expect(status).toMatchObject({ budget: '1s', seed: 42 });
    for (const [flag, value, was] of [
      ['--budget', '2s', '1s'],
      ['--seed', '7', '42'],
    ]) {
      const said = await autoresearch('dev', '--dir', on, flag!, value!, '--plain');
      expect(said.err).toContain(`lane main was begun with ${flag} ${was}, and not ${value}`);
      expect(said.code).toBe(2);
    }
  });

  test('is told to begin a new lane before a run is spent under another supervisor, and how', async () => {
    const other = await copied('other');
    const before = await attemptsIn(join(other, 'store'));
    const said = await autoresearch('dev', '--dir', other, ...BUDGET, '--experiments', '12');
    expect(said.code).toBe(3);
    expect(said.err).toMatch(
      /lane main stops: (?:(?:prepare|supervise|data) was [0-9a-f]{16}, is (?:[0-9a-f]{16}|v\d+)(?:; )?)+\. Numbers/,
    );
    expect(said.err).toMatch(/begin a new lane from its newest keep/);
    // What had ended by then was measured under the old one, and counts.
    expect(await results(other)).toMatch(new RegExp(`^${literally(rows)}[^\n]*\t000009\t[^\n]*\n$`));
    expect(await attemptsIn(join(other, 'store'))).toEqual(before);

    const [, begin] = /keep, \d{6}: \.\/autoresearch (dev .*?)\. Give the --dir and --store/.exec(said.err)!;
    const flags = begin!.replace('NAME', 'next').split(' ');
    const begun = await autoresearch(...flags, '--dir', other, '--experiments', '0');
    expect(begun.code, begun.err).toBe(0);
    expect(begun.out).toMatch(/^000000 +keep .* baseline$/);
  });

  test('goes on under the supervisor that began it, and keeps its chain of commits', async () => {
    const on = await copied('on');
    const before = commitsOn(join(on, 'main', 'frontier.git'));
    const main = await besideHarnessOf(release, join(home, 'beside'));
    const args = ['dev', '--dir', on, '--plain', '--experiments', '12', '--width', '2'];
    const going = execa(process.execPath, [main, ...args], { reject: false });
    // The machine took this run with it: its next attempt waits, as it did.
    await letGo(join(on, 'runs', 'main-000010-a2', 'work'), going);
    const { exitCode, stderr } = await going;
    expect(exitCode, stderr).toBe(0);

    const after = await results(on);
    expect(after.startsWith(rows)).toBe(true);
    const decoded = decode(after);
    if (decoded.kind !== 'rows') throw new Error('the rows cannot be read');
    const ids = decoded.rows.map(({ experiment }) => Number(experiment)).sort((a, b) => a - b);
    expect(ids).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(decoded.rows.find(({ experiment }) => experiment === '000010')).toMatchObject({ attempts: '2' });
    expect(decoded.rows.find(({ experiment }) => experiment === '000009')).toMatchObject({ attempts: '1' });
    const begun = JSON.parse(await readFile(join(on, 'store', 'main', 'lane.json'), 'utf8'));
    expect(begun).toMatchObject({ trainer: 'cpu', budgetSeconds: 1, seed: 42, confirm: 0, text: null });
    const commits = commitsOn(join(on, 'main', 'frontier.git'));
    expect(commits.slice(0, before.length)).toEqual(before);
    expect(commits).toEqual(keptIn(after));
    const list = JSON.parse((await autoresearch('list', '--dir', on, '-o', 'json')).out);
    expect(list.filter(({ reason }: { reason: string }) => reason === 'conditions')).toEqual([]);
    expect((await autoresearch('rebuild', '--dir', on)).err).toContain('13 rows, as it was, to the byte');
  });
});

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
