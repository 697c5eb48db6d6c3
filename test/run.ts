// What `npm test` runs: the compiler, the linter, vitest, pytest and the tests on a cluster, one after another, and one
// count over all of them.
//   node test/run.ts quick | test | long | cluster | cluster-long [vitest's file filters]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Tally } from './tally.ts';

const root = join(import.meta.dirname, '..');
const [tier = 'test', ...filters] = process.argv.slice(2);
if (!['quick', 'test', 'long', 'cluster', 'cluster-long'].includes(tier)) {
  process.stderr.write(`there is no tier ${tier}; use quick, test, long, cluster or cluster-long\n`);
  process.exit(2);
}
const everythingMustRun = process.env.REQUIRE_ALL === '1';
const scratch = mkdtempSync(join(tmpdir(), 'autoresearch-test-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));

/** Runs a program with our own output; its exit code, or null where a signal ended it. */
async function run(name: string, args: string[], env: Record<string, string> = {}): Promise<number | null> {
  const program = name.includes('/') ? name : join(root, 'node_modules', '.bin', name);
  const child = spawn(program, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
  const [code] = await once(child, 'exit');
  return code;
}

/** A check that is one test by itself. */
async function check(name: string, args: string[]): Promise<Tally> {
  const passed = (await run(name, args)) === 0;
  return { passed: Number(passed), failed: Number(!passed), skipped: [] };
}

async function vitest(tier: string): Promise<Tally> {
  const file = join(scratch, `${tier}.json`);
  const reporters = ['--reporter=default', `--reporter=${join(root, 'test', 'tally.ts')}`];
  const code = await run('vitest', ['run', ...reporters, ...filters], { TIER: tier, TALLY_FILE: file });
  return honest(code, tallyIn(file));
}

function tallyIn(file: string): Tally | null {
  const schema = z.object({ passed: z.number(), failed: z.number(), skipped: z.array(z.string()) });
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null; // it ended before it could count
  }
}

async function pytest(): Promise<Tally> {
  const home = join(root, 'test', 'harness');
  const file = join(scratch, 'pytest.xml');
  const args = [
    '-m',
    'pytest',
    '--quiet',
    `--junit-xml=${file}`,
    ...(tier === 'long' ? [] : ['-m', 'not long']),
    home,
  ];
  const code = await run(join(home, '.venv', 'bin', 'python'), args);
  return honest(code, junitIn(file));
}

function junitIn(file: string): Tally | null {
  let xml: string;
  try {
    xml = readFileSync(file, 'utf8');
  } catch {
    return null; // it ended before it could count
  }
  const of = (name: string) =>
    Number(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`).exec(xml)?.[1] ?? Number.NaN);
  const failed = of('failures') + of('errors');
  const reasons = [
    ...xml.matchAll(/<testcase [^>]*?\bname="([^"]*)"[^>]*><skipped [^>]*?\bmessage="([^"]*)"/g),
  ];
  const skipped = reasons.map(([, test, why]) => `test/harness > ${test}: ${why}`);
  return { passed: of('tests') - failed - of('skipped'), failed, skipped };
}

/** A program that fails without a failed test, or counts nothing, has failed. */
function honest(code: number | null, tally: Tally | null): Tally {
  if (tally === null || Number.isNaN(tally.passed)) return { passed: 0, failed: 1, skipped: [] };
  const silent = (code !== 0 && tally.failed === 0) || tally.passed + tally.failed === 0;
  return silent ? { ...tally, failed: tally.failed + 1 } : tally;
}

const checks: [string, () => Promise<Tally>][] = [
  ['tsc', () => check('tsc', [])],
  ['page', () => check('tsc', ['-p', 'controller/page/browser'])],
  ['biome', () => check('biome', ['check', '--error-on-warnings'])],
  ['vitest', () => vitest(tier)],
];
if ((tier === 'test' || tier === 'long') && filters.length === 0) {
  checks.push(['pytest', pytest]);
  checks.push(['cluster', () => vitest(tier === 'long' ? 'cluster-long' : 'cluster')]);
}

const lines: string[] = [];
const total = { passed: 0, failed: 0, skipped: [] as string[] };
for (const [name, work] of checks) {
  const began = performance.now();
  const { passed, failed, skipped } = await work();
  total.passed += passed;
  total.failed += failed;
  total.skipped.push(...skipped);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  lines.push(
    `${name.padEnd(8)} ${passed} passed, ${failed} failed, ${skipped.length} skipped  (${seconds} s)`,
  );
}

process.stdout.write(`\n${lines.join('\n')}\n`);
if (total.skipped.length > 0) {
  process.stdout.write(`\n!!! ${total.skipped.length} NOT RUN on this machine:\n`);
  for (const one of total.skipped) process.stdout.write(`    ${one}\n`);
}
const unmet = everythingMustRun ? total.skipped.length : 0;
if (unmet > 0) process.stdout.write('REQUIRE_ALL=1: what was skipped counts as failed\n');
const failed = total.failed + unmet;
process.stdout.write(`\n${total.passed} passed, ${failed} failed, ${total.skipped.length - unmet} skipped\n`);
process.exitCode = failed > 0 || total.passed === 0 ? 1 : 0;
