// A machine in a directory: a PATH of scripts that stand for git, Python, pip, uv and npm, and a clone to set up on it.
import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  constants,
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const repository = join(import.meta.dirname, '..', '..');

interface Said {
  readonly code: number | null;
  readonly stderr: string;
  readonly stdout: string;
}

/** What a stand-in Python answers. `venv: false`: as Debian's, without python3-venv. */
interface FakePython {
  readonly version: string;
  readonly venv?: boolean;
  /** What pip, or uv, writes to stderr before it fails; neither fails when left out. */
  readonly pipFails?: string;
  readonly uvFails?: string;
}

const LOCK = {
  packages: {
    '': { name: 'clone' },
    'node_modules/node': { version: '24.21.0' },
    'node_modules/zod': { version: '4.6.7' },
    'node_modules/only-elsewhere': { version: '1.0.0', optional: true },
    'node_modules/vitest': { version: '5.1.1', dev: true },
  },
};
const { 'node_modules/only-elsewhere': _, ...WITH_DEV } = LOCK.packages;
const { 'node_modules/vitest': __, ...WITHOUT_DEV } = WITH_DEV;

/** The files of a package: what Node loads, and then what it does not. */
export const READ = ['index.js', 'index.cjs', 'package.json', 'map', 'types.ts/index.js'];
export const UNREAD = ['index.d.ts', 'index.d.cts', 'index.d.mts', 'index.js.map', 'src/index.ts'];
const ZOD = [...READ, ...UNREAD];

/** Stands for esbuild and what is bundled. */
const BUNDLER = `
  import { mkdirSync, writeFileSync } from 'node:fs';
  import { dirname } from 'node:path';
  import { bundleHere } from '../../controller/setup/sources.mjs';
  mkdirSync(dirname(bundleHere()), { recursive: true });
  writeFileSync(bundleHere(), '');`;

export class Machine {
  /** The clone. */
  readonly root: string;
  readonly #bin: string;
  readonly #dir: string;

  private constructor(dir: string) {
    this.#dir = dir;
    this.root = join(dir, 'clone');
    this.#bin = join(dir, 'bin');
  }

  /** With git, npm and Python, and nothing set up. */
  static async make(): Promise<Machine> {
    const machine = new Machine(await realpath(await mkdtemp(join(tmpdir(), 'machine-'))));
    await chmod(machine.#dir, 0o755);
    await mkdir(machine.#bin);
    for (const tool of ['sh', 'mkdir', 'cp', 'chmod', 'cat', 'env', 'dirname', 'ln', 'sleep'])
      await symlink(await whichOf(tool), join(machine.#bin, tool));
    await cp(join(repository, 'controller', 'setup'), join(machine.root, 'controller', 'setup'), {
      recursive: true,
    });
    await cp(join(repository, 'controller', 'setup.mjs'), join(machine.root, 'controller', 'setup.mjs'));
    await machine.write('package-lock.json', JSON.stringify(LOCK));
    await machine.write('images/controller/bundle.mjs', '');
    await machine.write('images/controller/clone.mjs', BUNDLER);
    for (const project of ['harness/cpu', 'test/harness']) {
      await machine.write(`${project}/pyproject.toml`, '[project]\n');
      await machine.write(`${project}/uv.lock`, 'version = 1\n');
    }
    await machine.git('git version 2.39.5');
    await machine.python('python3', { version: '3.11.7' });
    await machine.npm();
    return machine;
  }

  async write(path: string, text: string): Promise<void> {
    await mkdir(join(this.root, path, '..'), { recursive: true });
    await writeFile(join(this.root, path), text);
  }

  /** Everything that a set-up leaves behind, npm's part and Python's. */
  async setUp(): Promise<Said> {
    const said = await this.run('--tests');
    if (said.code !== 0) throw new Error(said.stderr);
    return said;
  }

  /** `null` takes it off the PATH. */
  async git(says: string | null): Promise<void> {
    await this.#tool('git', says === null ? null : `echo '${says}'`);
  }

  async python(name: string, fake: FakePython | null): Promise<void> {
    const path = join(this.#bin, name);
    await this.#tool(name, fake === null ? null : pythonScript(path, join(this.#dir, 'calls'), fake));
  }

  /** npm ci, which installs what the lock file names, or fails. `scripts: false`: as with ignore-scripts. */
  async npm(how: { fails?: string; scripts?: boolean; packaged?: boolean } = {}): Promise<void> {
    const node = `#!/bin/sh\\necho v24.21.0`;
    await writeFile(
      join(this.#dir, 'npm-cli.js'),
      `const fs = require('fs'), path = require('path');
       const [command, ...rest] = process.argv.slice(2);
       fs.appendFileSync(${JSON.stringify(join(this.#dir, 'calls'))}, ['npm', command, ...rest.filter((flag) => flag.endsWith('=dev'))].join(' ') + '\\n');
       const put = (file) => {
         fs.mkdirSync(path.dirname(file), { recursive: true });
         fs.writeFileSync(file, '${node}', { mode: 0o755 });
       };
       if (${JSON.stringify(how.fails ?? '')}) { console.error(${JSON.stringify(how.fails ?? '')}); process.exit(1); }
       if (command === 'ci') {
         fs.rmSync('node_modules', { recursive: true, force: true });
         fs.mkdirSync('node_modules/.bin', { recursive: true });
         const packages = rest.includes('--omit=dev') ? ${JSON.stringify(WITHOUT_DEV)} : ${JSON.stringify(WITH_DEV)};
         fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages }));
         if (${how.scripts !== false}) put('node_modules/.bin/node');
         for (const file of ${JSON.stringify(ZOD)}) {
           fs.mkdirSync(path.dirname('node_modules/zod/' + file), { recursive: true });
           fs.writeFileSync('node_modules/zod/' + file, '');
         }
       } else if (command === 'install' && ${how.packaged !== false}) {
         const name = rest.at(-1).split('@')[0];
         put(path.join(rest[rest.indexOf('--prefix') + 1], 'node_modules', name, 'bin', 'node'));
       }`,
    );
  }

  /** What was called so far, one line each. */
  async calls(): Promise<string[]> {
    return (await readFile(join(this.#dir, 'calls'), 'utf8').catch(() => '')).split('\n').filter(Boolean);
  }

  async run(...args: string[]): Promise<Said> {
    return this.runWith({}, ...args);
  }

  /** Runs the set-up to its end. `nodeVersion`: what this Node takes itself for; `heard` gets its stderr as it comes. */
  async runWith(
    how: {
      env?: Record<string, string>;
      nodeVersion?: string;
      uid?: number;
      heard?: (words: string) => unknown;
    },
    ...args: string[]
  ): Promise<Said> {
    const disguise = `Object.defineProperty(process, 'version', { value: '${how.nodeVersion}' })`;
    const preload = how.nodeVersion
      ? ['--import', `data:text/javascript,${encodeURIComponent(disguise)}`]
      : [];
    const options: SpawnOptions = {
      cwd: this.root,
      env: {
        PATH: this.#bin,
        HOME: this.#dir,
        npm_execpath: join(this.#dir, 'npm-cli.js'),
        ...how.env,
      },
      ...(how.uid === undefined ? {} : { uid: how.uid, gid: how.uid }),
    };
    const node = how.uid === undefined ? process.execPath : await this.#ownNode();
    const child = spawn(node, [...preload, 'controller/setup.mjs', ...args], options);
    const said = { stdout: '', stderr: '' };
    child.stdout!.on('data', (chunk) => (said.stdout += chunk));
    child.stderr!.on('data', (chunk) => {
      said.stderr += chunk;
      how.heard?.(String(chunk));
    });
    const [code] = await once(child, 'close');
    return { ...said, code };
  }

  /** Another user may be kept out of the folder that this Node lies in. */
  async #ownNode(): Promise<string> {
    const node = join(this.#dir, 'node');
    await copyFile(process.execPath, node, constants.COPYFILE_FICLONE);
    return node;
  }

  async close(): Promise<void> {
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #tool(name: string, script: string | null): Promise<void> {
    await rm(join(this.#bin, name), { force: true });
    if (script !== null) await writeFile(join(this.#bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
}

/** Plays Python, and the pip and uv that come with it. */
function pythonScript(
  path: string,
  calls: string,
  { version, venv = true, pipFails, uvFails }: FakePython,
): string {
  const fail = (words?: string) => (words === undefined ? ':' : `echo '${words}' >&2; exit 1`);
  const uv = [
    '#!/bin/sh',
    `echo "uv downloads=$UV_PYTHON_DOWNLOADS venv=$VIRTUAL_ENV proxy=$HTTPS_PROXY $*" >> ${calls}`,
    fail(uvFails),
    'for project do [ "$last" = --project ] && break; last=$project; done',
    'mkdir -p "$project/.venv/bin"; ln -sf $0 "$project/.venv/bin/python"',
  ].join('\n');
  return [
    'case "$1 $2" in',
    `  -c*) echo "${version} ${path}"; exit ${venv ? 0 : 1};;`,
    `  "-m venv") echo venv >> ${calls}; mkdir -p "$3/bin"; cp $0 "$3/bin/python"; exit 0;;`,
    `  "-m pip") echo pip >> ${calls}; ${fail(pipFails)}`,
    `    cat > "$(dirname $0)/uv" <<'END'\n${uv}\nEND`,
    '    chmod +x "$(dirname $0)/uv"; exit 0;;',
    'esac',
    'exit 1',
  ].join('\n');
}

async function whichOf(tool: string): Promise<string> {
  for (const folder of ['/bin', '/usr/bin']) {
    const path = join(folder, tool);
    if (await realpath(path).catch(() => null)) return path;
  }
  throw new Error(`this machine has no ${tool}`);
}
