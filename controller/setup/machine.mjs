// What a machine must bring itself: Node to begin with, git, and a Python that can make a venv.
import { spawnSync } from 'node:child_process';
import { Missing, ownEnv } from './missing.mjs';

const NODE = [20, 0];
const GIT = [2, 31]; // transactions of refs, and settings that are told by the environment
const PYTHON = [3, 10];

/** Throws Missing. */
export function checkMachine() {
  if (process.platform === 'win32')
    throw new Missing('Windows itself is not supported; use it inside WSL, where it is Linux.');
  if (!atLeast(process.version, NODE)) {
    const old = `Node ${process.version} is too old`;
    throw new Missing(`${old}; install Node 20 or later (https://nodejs.org), then run it again.`);
  }
  const git = spawnSync('git', ['--version'], { encoding: 'utf8' });
  const how = 'apt install git, brew install git';
  if (git.status !== 0) throw new Missing(`git is not on the PATH; install it (${how}), then run it again.`);
  if (!atLeast(git.stdout, GIT))
    throw new Missing(
      `${git.stdout.trim()} is too old; install git ${GIT.join('.')} or later (${how}), then run it again.`,
    );
}

/** The path of the first Python on the PATH that is new enough and makes venvs; AUTORESEARCH_PYTHON names another. */
export function findPython() {
  const named = process.env.AUTORESEARCH_PYTHON;
  const numbered = [14, 13, 12, 11, 10].map((minor) => `python3.${minor}`);
  const flaws = [];
  for (const name of named ? [named] : ['python3', ...numbered, 'python']) {
    const ask =
      'import sys; print(sys.version.split()[0], sys.executable, flush=True); import venv, ensurepip';
    const told = spawnSync(name, ['-c', ask], { encoding: 'utf8', env: ownEnv() });
    const [, version, path] = /^(\S+) (.+)$/m.exec(told.stdout ?? '') ?? [];
    if (!path) continue;
    if (!atLeast(version, PYTHON)) flaws.push(`${path} is Python ${version}`);
    else if (told.status !== 0) flaws.push(`${path} lacks the venv module`);
    else return path;
  }
  const venv = flaws.find((flaw) => flaw.includes('venv'));
  if (venv)
    throw new Missing(
      `${venv}; install it (apt install python3-venv on Debian and Ubuntu), then run it again.`,
    );
  const found =
    flaws[0] ?? (named ? `AUTORESEARCH_PYTHON=${named} does not run` : 'there is none on the PATH');
  const how = 'apt install python3 python3-venv, brew install python';
  throw new Missing(`Python 3.10 or later is needed, but ${found}; install it (${how}), then run it again.`);
}

/** Whether the first number with a dot in `told`, as in `git version 2.39.5`, is at least `wanted`. */
export function atLeast(told, [major, minor]) {
  const match = /(\d+)\.(\d+)/.exec(told ?? '');
  if (!match) return false;
  const [first, second] = [Number(match[1]), Number(match[2])];
  return first > major || (first === major && second >= minor);
}
