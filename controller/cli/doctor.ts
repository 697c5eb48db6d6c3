// `autoresearch doctor`: what this machine has and lacks, a line each with the fix.
import { access, constants, statfs } from 'node:fs/promises';
import { execa } from 'execa';
import { allVariables, proxies } from '../environment.ts';
import { Failure } from '../failure.ts';
import { readSettings } from '../settings/file.ts';
import { type ProposerFlags, proposerGiven } from '../settings/proposer.ts';
import { type RemoteFlags, remoteSettings } from '../settings/remotes.ts';
import { type TrainerName, trainers } from '../settings/trainers.ts';
import type { Check } from '../std/check.ts';
import { examinedRemote } from '../wiring/frontier.ts';
import { examinedGpus, examinedSealing } from '../wiring/local-checks.ts';
import { makeFolders } from '../wiring/modes.ts';
import { LanePaths } from '../wiring/paths.ts';
import { examinedStore } from '../wiring/store.ts';
import { setUp } from '../wiring/trainer.ts';
import { type Output, printRecords } from './terminal/print.ts';
import { sentence } from './terminal/terminal.ts';

const GIB = 2 ** 30;

type DoctorFlags = RemoteFlags & {
  dir: string;
  trainer: TrainerName;
  config?: string | undefined;
} & ProposerFlags;

/** Prints all checks; Failure 3 where one fails. */
export async function doctor(
  { dir, trainer: name, config, proposer, maxUsd, model, command, usdPerCall, ...flags }: DoctorFlags,
  output: Output,
): Promise<void> {
  const { store, frontier } = remoteSettings(flags);
  const paths = new LanePaths(dir);
  const checks = await Promise.all([
    node(),
    proxy(),
    git(),
    python(),
    trainer(name),
    name === 'gpu' ? examinedGpus() : [],
    folder(paths),
    disk(paths),
    examinedSealing(name),
    examinedStore(store),
    examinedRemote(frontier),
    proposerChecks(name, config, { proposer, maxUsd, model, command, usdPerCall }),
  ]);
  diagnose(checks.flat(), output);
}

/** Prints checks; Failure 3 where one fails. */
export function diagnose(checks: readonly Check[], output: Output): void {
  printRecords(
    checks.map((check) => ({ ...check, fix: sentence(check.fix) })),
    output,
  );
  const failed = checks.filter((check) => check.result === 'fail').length;
  if (failed > 0) throw new Failure(3, `${failed} checks failed; the column fix says what to do`);
}

/** SDKs are loaded only where they are asked about. */
async function proposerChecks(name: TrainerName, config: string | undefined, flags: ProposerFlags) {
  const written = config === undefined ? undefined : (await readSettings(config)).proposer;
  const given = proposerGiven(written, flags);
  if (given === undefined) return [];
  const { examinedProposer } = await import('../wiring/proposers/examined.ts');
  return examinedProposer(given, name, allVariables());
}

/** Nothing where the shell names none. */
function proxy(): Check[] {
  const { env, fault } = proxies();
  const [what, fix] = fault?.split('; ') ?? ['', ''];
  if (fault !== null) return [{ check: 'proxy', result: 'fail', found: what!, fix: fix! }];
  const names = Object.keys(env).filter((name) => name !== 'NO_PROXY');
  return names.length === 0 ? [] : [{ check: 'proxy', result: 'ok', found: names.join(', '), fix: '' }];
}

async function node(): Promise<Check> {
  const [major, minor] = process.versions.node.split('.').map(Number) as [number, number];
  const good = major > 24 || (major === 24 && minor >= 14);
  const fix = good ? '' : 'start it with npm start, which brings Node 24, or install Node 24.14 or later';
  return { check: 'node', result: good ? 'ok' : 'fail', found: process.versions.node, fix };
}

/** 2.31 can be told settings by the environment, 2.36 to sync a ref and a loose object. */
const GIT_WANTED = 'git 2.36 or later';

async function git(): Promise<Check> {
  const { stdout, failed } = await execa('git', ['--version'], { reject: false });
  if (failed) return { check: 'git', result: 'fail', found: 'none', fix: `install ${GIT_WANTED}` };
  const [major, minor] = stdout.match(/\d+/g)!.map(Number) as [number, number];
  const since = (wanted: number) => major > 2 || (major === 2 && minor >= wanted);
  if (!since(31)) return { check: 'git', result: 'fail', found: stdout, fix: `install ${GIT_WANTED}` };
  if (since(36)) return { check: 'git', result: 'ok', found: stdout, fix: '' };
  const found = `${stdout}, which leaves the newest keeps to the disk's cache`;
  return {
    check: 'git',
    result: 'warn',
    found,
    fix: `so that a loss of power takes none, install ${GIT_WANTED}`,
  };
}

async function python(): Promise<Check> {
  const { stdout, failed } = await execa('python3', ['--version'], { reject: false });
  if (failed)
    return { check: 'python', result: 'warn', found: 'none on PATH', fix: 'install Python 3.10 or later' };
  return { check: 'python', result: 'ok', found: stdout, fix: '' };
}

async function trainer(name: TrainerName): Promise<Check> {
  const code =
    'import numpy, sys; print("Python %d.%d, numpy %s" % (*sys.version_info[:2], numpy.__version__))';
  const { stdout, failed } = await execa(trainers[name].python, ['-I', '-c', code], { reject: false });
  const fix = name === 'gpu' ? `${setUp(name)} makes it` : `npm start (or ${setUp(name)}) makes it again`;
  if (failed) return { check: 'trainer', result: 'fail', found: 'its environment is missing or broken', fix };
  return { check: 'trainer', result: 'ok', found: stdout, fix: '' };
}

async function folder(paths: LanePaths): Promise<Check> {
  try {
    await makeFolders(paths.dir);
    await access(paths.dir, constants.W_OK);
    return { check: 'folder', result: 'ok', found: `${paths.dir} can be written`, fix: '' };
  } catch (error) {
    const fix = 'choose another folder with --dir, or make it yours';
    const found = `${paths.dir}: ${error instanceof Failure ? 'none can be made there' : (error as NodeJS.ErrnoException).code}`;
    return { check: 'folder', result: 'fail', found, fix };
  }
}

async function disk(paths: LanePaths): Promise<Check> {
  const space = await statfs(paths.dir).catch(() => null);
  if (!space) return { check: 'disk', result: 'warn', found: 'unknown', fix: 'make the folder first' };
  const free = (space.bavail * space.bsize) / GIB;
  const found = `${free.toFixed(1)} GiB free`;
  return free >= 1
    ? { check: 'disk', result: 'ok', found, fix: '' }
    : {
        check: 'disk',
        result: 'fail',
        found,
        fix: 'free at least 1 GiB, or choose another folder with --dir',
      };
}
