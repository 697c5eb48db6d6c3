// Where attacks are run: copies of the harness, a lane and run directories, owned by the user whose supervisor runs.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { DirectoryStore } from '../../controller/adapters/directory/store.ts';
import { keys } from '../../controller/core/keys.ts';
import { type SealedResult, sealedSchema } from '../../controller/core/outcome.ts';

const root = join(import.meta.dirname, '..', '..');
const NOBODY = 65534;
const NONCE = '0123456789abcdef0123456789abcdef';
/** Stands in the validation text and nowhere else. */
export const SECRET_WORD = /Z[qQ]\d+Z/;

export type User = 'ordinary' | 'root';
export type Confinement = 'landlock' | 'uid' | 'none';

export interface Ended {
  readonly result: SealedResult;
  readonly log: string;
  /** What attempts came to, by what was attempted; one that was made more than once has several words. */
  readonly tried: ReadonlyMap<string, readonly string[]>;
  readonly runDir: string;
}

interface Limits {
  readonly startSeconds: number;
  readonly wallSeconds: number;
}

const corpus = join(import.meta.dirname, 'corpus');

/** Where each attack's file is, by its name: corpus/ has one folder for each kind. */
export const CORPUS: ReadonlyMap<string, string> = new Map(
  readdirSync(corpus, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.py'))
    .map((file) => [basename(file, '.py'), join(corpus, file)]),
);

/** The attack as a train.py that knows where everything lies. */
export function sourceOf(name: string, places: Readonly<Record<string, unknown>>): string {
  const prelude = readFileSync(join(import.meta.dirname, 'prelude.py'), 'utf8');
  const attack = CORPUS.get(name);
  if (attack === undefined) throw new Error(`there is no attack ${name} in ${corpus}`);
  return prelude.replace('@PLACES@', JSON.stringify(places)) + readFileSync(attack, 'utf8');
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** A trainer's Python that every user can run: the project's own, or a copy of it where that lies in a private home. */
export function openPython(base: string): string {
  const own = join(root, 'harness', 'cpu', '.venv');
  const real = realpathSync(join(own, 'bin', 'python'));
  if (!isRoot() || (reachable(real) && reachable(own))) return own;
  const prefix = dirname(dirname(real));
  const [version] = readdirSync(join(own, 'lib')); // such as python3.11
  const copy = join(base, 'python');
  for (const folder of ['bin', 'lib', `lib/${version}`]) mkdirSync(join(copy, folder), { recursive: true });
  copyTree(join(prefix, 'bin', version!), join(copy, 'bin'));
  const skipped = ['test', 'site-packages', 'idlelib', '__pycache__'];
  for (const entry of readdirSync(join(prefix, 'lib')).filter((name) => name.startsWith('libpython'))) {
    copyTree(join(prefix, 'lib', entry), join(copy, 'lib'));
  }
  for (const entry of readdirSync(join(prefix, 'lib', version!)).filter((name) => !skipped.includes(name))) {
    copyTree(join(prefix, 'lib', version!, entry), join(copy, 'lib', version!));
  }
  const venv = join(base, 'venv');
  execFileSync(join(copy, 'bin', version!), ['-m', 'venv', '--without-pip', venv]);
  const packages = (at: string) => join(at, 'lib', version!, 'site-packages');
  for (const entry of readdirSync(packages(own)).filter((name) => name.startsWith('numpy'))) {
    copyTree(join(packages(own), entry), packages(venv));
  }
  writeFileSync(join(venv, '.lock'), ''); // As uv makes one.
  return venv;
}

function reachable(path: string): boolean {
  for (let at = path; at !== dirname(at); at = dirname(at))
    if ((statSync(at).mode & 0o001) === 0) return false;
  return true;
}

/** By hard links where both lie on one disk: nothing is written to either. */
function copyTree(from: string, to: string): void {
  try {
    execFileSync('cp', ['-al', from, to], { stdio: 'ignore' });
  } catch {
    execFileSync('cp', ['-a', from, to]);
  }
}

export class Arena {
  readonly #base: string;
  readonly #venv: string;
  readonly #places = new Map<User, string>();
  #runs = 0;

  static async made(): Promise<Arena> {
    const arena = new Arena();
    for (const [user, at] of arena.#places) {
      const store = new DirectoryStore(join(at, 'store'));
      await store.putIfAbsent(keys.sealedSeed('attacks'), new TextEncoder().encode('a secret'));
      arena.#give(at, user);
    }
    return arena;
  }

  private constructor() {
    this.#base = mkdtempSync(join(tmpdir(), 'autoresearch-attacks-'));
    chmodSync(this.#base, 0o755);
    this.#venv = openPython(this.#base);
    for (const user of isRoot() ? (['ordinary', 'root'] as const) : (['ordinary'] as const)) {
      this.#places.set(user, this.#furnish(user));
    }
  }

  close(): void {
    rmSync(this.#base, { recursive: true, force: true });
  }

  /** Runs the attack to its end. `places` go to it beside the paths of everything it might want. */
  async run(
    name: string,
    user: User,
    confine: Confinement,
    limits: Limits,
    places: Readonly<Record<string, string | number>>,
  ): Promise<Ended> {
    const at = this.#places.get(user)!;
    const runDir = join(at, `run-${++this.#runs}`);
    for (const folder of ['', 'work', 'result']) mkdirSync(join(runDir, folder), { mode: 0o700 });
    const harness = join(at, 'harness');
    const venv = join(at, 'venv-marker');
    const known = {
      ...places,
      val: join(at, 'sealed', 'val.bin'),
      sealed: join(at, 'sealed'),
      seed: join(at, 'store', keys.sealedSeed('attacks')),
      result: join(runDir, 'result'),
      intent: join(runDir, 'intent.json'),
      prepare: join(harness, 'cpu', 'prepare.py'),
      chain: join(harness, 'cpu', 'chain.py'),
      supervise: join(harness, 'supervise.py'),
      seal: join(harness, 'seal', 'run.py'),
      python: realpathSync(join(this.#venv, 'bin', 'python')),
      site: venv,
      train: join(at, 'text', 'train.bin'),
    };
    writeFileSync(join(runDir, 'work', 'train.py'), sourceOf(name, known));
    const intent = {
      schema: 1,
      lane: 'attacks',
      experiment: '000001',
      attempt: 1,
      nonce: NONCE,
      intent: '0'.repeat(64),
      seed: 7,
      clocks: { budgetSeconds: 4, ...limits },
      requireSealed: confine !== 'none',
      clock: 'cpu',
    };
    writeFileSync(join(runDir, 'intent.json'), JSON.stringify(intent));
    this.#give(runDir, user);
    const command = [
      join(this.#venv, 'bin', 'python'),
      ...['-I', join(harness, 'supervise.py'), '--run', runDir, '--harness', join(harness, 'cpu')],
      ...['--text', join(at, 'text'), '--sealed', join(at, 'sealed'), '--confine', confine],
      ...['--memory-mb', '400', '--disk-mb', '64'],
    ];
    const drop = isRoot() && user === 'ordinary';
    const ids = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--'];
    const argv = drop ? ['setpriv', ...ids, ...command] : command;
    const child = spawn(argv[0]!, argv.slice(1), { detached: true, stdio: 'ignore', cwd: '/' });
    const [code, signal] = await once(child, 'exit');
    const file = join(runDir, 'result', 'result.json');
    if (!existsSync(file))
      throw new Error(`${name}: the supervisor left no result (exit ${code}, signal ${signal})`);
    const log = readFileSync(join(runDir, 'result', 'run.log'), 'latin1');
    return {
      result: sealedSchema.parse(JSON.parse(readFileSync(file, 'utf8'))),
      log,
      tried: triedIn(log),
      runDir,
    };
  }

  /** The validation text of the user's lane. */
  validation(user: User): Buffer {
    return readFileSync(join(this.#places.get(user)!, 'sealed', 'val.bin'));
  }

  /** What the supervisor of this user is made of; an attack must leave it as it is. */
  fingerprint(user: User): string {
    const at = this.#places.get(user)!;
    const sum = createHash('sha256');
    const files = readdirSync(at, { recursive: true, withFileTypes: true })
      .filter(
        (entry) =>
          entry.isFile() && !entry.parentPath.includes('/run-') && !entry.name.startsWith('reference-'),
      )
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted();
    for (const file of files) sum.update(`${file} ${statSync(file).mode}\n`).update(readFileSync(file));
    return sum.digest('hex');
  }

  #furnish(user: User): string {
    const at = join(this.#base, user);
    mkdirSync(join(at, 'harness', 'cpu'), { recursive: true });
    cpSync(join(root, 'harness', 'supervise.py'), join(at, 'harness', 'supervise.py'));
    cpSync(join(root, 'harness', 'seal'), join(at, 'harness', 'seal'), {
      recursive: true,
      filter: (path) => !path.includes('__pycache__'),
    });
    for (const file of ['prepare.py', 'chain.py'])
      cpSync(join(root, 'harness', 'cpu', file), join(at, 'harness', 'cpu', file));
    writeFileSync(join(at, 'venv-marker'), '');
    // Unread since they were made: the first access to each would be noted.
    mkdirSync(join(at, 'harness', 'cpu', 'unread'));
    for (let number = 0; number < 100; number++) {
      const file = join(at, 'harness', 'cpu', 'unread', `${number}`);
      writeFileSync(file, 'unread');
      utimesSync(file, 0, new Date());
    }
    this.#makeLane(at);
    this.#give(at, user);
    return at;
  }

  /** Words of a small vocabulary; among those of the validation text some that stand nowhere else. */
  #makeLane(at: string): void {
    let state = 12345;
    const draw = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const word = () => Array.from({ length: 2 + draw(7) }, () => String.fromCharCode(97 + draw(26))).join('');
    const vocabulary = Array.from({ length: 300 }, word);
    const speak = (bytes: number, secret: boolean) => {
      const parts: string[] = [];
      for (let length = 0, i = 0; length < bytes; i++) {
        const frequent = Math.floor(300 * (draw(1000) / 1000) ** 3);
        const next = secret && i % 40 === 39 ? `Z${'qQ'[draw(2)]}${draw(1000)}Z` : vocabulary[frequent]!;
        parts.push(next);
        length += next.length + 1;
      }
      return Buffer.from(parts.join(' ').slice(0, bytes));
    };
    const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
    const train = speak(300_000, false);
    const val = speak(32 * 1024 + 1, true);
    mkdirSync(join(at, 'text'));
    mkdirSync(join(at, 'sealed'), { mode: 0o700 });
    writeFileSync(join(at, 'text', 'train.bin'), train);
    writeFileSync(join(at, 'text', 'meta.json'), JSON.stringify({ schema: 1, train_sha256: sha256(train) }));
    writeFileSync(join(at, 'sealed', 'val.bin'), val, { mode: 0o600 });
    const meta = {
      schema: 1,
      sha256: sha256(val),
      eval_tokens: val.length - 1,
      seq: 64,
      floor_bpb: null,
      source: null,
    };
    writeFileSync(join(at, 'sealed', 'meta.json'), JSON.stringify(meta), { mode: 0o600 });
  }

  #give(path: string, user: User): void {
    if (isRoot() && user === 'ordinary') execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, path]);
  }
}

/** What attempts came to, as an attack has printed it. */
export function triedIn(log: string): Map<string, string[]> {
  const tried = new Map<string, string[]>();
  for (const [, what, word] of log.matchAll(/^tried (.+): (.+)$/gm))
    tried.set(what!, [...(tried.get(what!) ?? []), word!]);
  return tried;
}
