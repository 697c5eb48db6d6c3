// npm's packages, among them the Node that runs everything else.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { atLeast } from './machine.mjs';
import { Missing, root, run, tools } from './missing.mjs';

const NODE = [24, 14]; // the first that takes proxies from us
const QUIET = ['--no-audit', '--no-fund'];
const link = join(root, 'node_modules', '.bin', 'node');
const stamp = join(root, 'node_modules', '.node-runs');

/** The packages exactly as package-lock.json names them; without `dev` only those that the command needs. */
export function packages(dev) {
  const wanted = wantedPackages();
  // npm writes this file when it is done, so what it lists is there.
  const there = read('node_modules/.package-lock.json')?.packages ?? {};
  const wrong = Object.entries(wanted).some(([path, { version, link, ...only }]) => {
    if (path === '' || link || (only.optional && !there[path])) return false;
    if (!dev && (only.dev || only.devOptional) && !there[path]) return false;
    return there[path]?.version !== version;
  });
  if (!wrong) return null;
  return {
    what: `npm packages, Node 24 among them (${dev ? 'about 700' : 'about 300'} MB on disk)`,
    bring: async () => {
      await npm(['ci', dev ? '--include=dev' : '--omit=dev', ...QUIET]);
      if (!dev) dropUnread();
    },
  };
}

/**
 * Types, and maps from one text to another, are half of the packages' size. Editors and compilers read them, and Node
 * loads no TypeScript from here. Whoever changes the code gets all of them, with the packages for that.
 */
function dropUnread() {
  const home = join(root, 'node_modules');
  for (const name of readdirSync(home, { recursive: true })) {
    const path = join(home, name);
    if (/\.([cm]?ts|map)$/.test(name) && lstatSync(path).isFile()) rmSync(path);
  }
}

/** npm puts node_modules/.bin first on the PATH of every script: what lies there must be a Node 24 that runs. */
export function node24() {
  const { version } = wantedPackages()['node_modules/node'];
  if (readText(stamp) === version && (existsSync(link) || atLeast(process.version, NODE))) return null;
  return {
    what: null,
    bring: async () => {
      if (!runs(link)) await mend(version);
      writeFileSync(stamp, version);
    },
  };
}

/** Where npm did not run the install script of `node` (ignore-scripts), its platform's package is taken directly. */
async function mend(version) {
  const family = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  const name = `${family}-${process.platform}-${process.arch}`;
  const home = join(tools, 'node');
  const began = performance.now();
  let why = '';
  try {
    mkdirSync(home, { recursive: true });
    await npm(['install', '--prefix', home, '--no-save', '--ignore-scripts', ...QUIET, `${name}@${version}`]);
    rmSync(link, { force: true });
    symlinkSync(join(home, 'node_modules', name, 'bin', 'node'), link);
    if (runs(link)) {
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      return process.stderr.write(`set-up: Node ${version}, which npm had not installed … ${seconds} s\n`);
    }
    why = `${name} does not run here`;
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    why = error.message.split('\n', 2).join(' ');
  }
  rmSync(link, { force: true }); // one that does not run would hide one that does
  if (atLeast(process.version, NODE)) return;
  throw new Missing(
    `Node ${version} could not be installed (${why}); install Node 24 yourself, then run it again.`,
  );
}

function runs(path) {
  const told = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return told.status === 0 && atLeast(told.stdout, NODE);
}

function npm(args) {
  // The npm that runs this script, if one does: the PATH may hold another, or none.
  const own = process.env.npm_execpath;
  const [command, first] = own?.endsWith('npm-cli.js') ? [process.execPath, [own]] : ['npm', []];
  return run(command, [...first, ...args], 'npm could not install the packages');
}

function wantedPackages() {
  const packages = read('package-lock.json')?.packages;
  if (packages?.['node_modules/node']) return packages;
  throw new Missing(
    'package-lock.json is missing or damaged; run git checkout package-lock.json, then run it again.',
  );
}

function read(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8'));
  } catch {
    return null; // not there, or cut short: both mean that it tells nothing
  }
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
