// How git is run: one environment that holds nothing of the user's, so that no GIT_*, EDITOR, hook or ~/.gitconfig
// can change what is written. Settings go along with each command; the repository's own are left alone.
import { devNull } from 'node:os';
import { resolve } from 'node:path';
import { execa } from 'execa';
import { simpleGit } from 'simple-git';
import { pathOnly } from '../../environment.ts';
import { GitFailed, GitMissing } from './errors.ts';

const settings = [
  // A commit that was answered for must survive a loss of power; git alone syncs neither loose objects nor refs.
  'core.fsync=loose-object,pack,pack-metadata,reference',
  'core.hooksPath=/dev/null',
  'core.filesRefLockTimeout=300',
  'core.packedRefsTimeout=300',
  'gc.auto=0',
];

function environment(repo: string): Record<string, string> {
  return {
    ...pathOnly(),
    LC_ALL: 'C',
    // Named, not discovered: git then asks neither who owns the folder nor what lies above it.
    GIT_DIR: resolve(repo),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: devNull,
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: 'file:http:https:ssh',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_COMMITTER_NAME: 'autoresearch',
    GIT_COMMITTER_EMAIL: 'autoresearch@localhost',
  };
}

/** Runs a command that takes no input; gives its stdout. `repo` must be a folder. Throws GitFailed, GitMissing. */
export async function porcelain(repo: string, args: readonly string[]): Promise<string> {
  const env = environment(repo);
  try {
    return await simpleGit({
      baseDir: repo,
      config: settings,
      unsafe: { allowUnsafeHooksPath: true, allowUnsafeTemplateDir: true, allowUnsafeConfigPaths: true },
      allowEnvironment: Object.keys(env),
      // By itself simple-git takes a failure without words for a success.
      errors: (error, { exitCode }) => error ?? (exitCode === 0 ? undefined : new Error('')),
    })
      .env(env)
      .raw(...args);
  } catch (cause) {
    const { message } = cause as Error;
    if (message.includes('spawn git ENOENT')) throw new GitMissing({ cause });
    throw new GitFailed(repo, args[0]!, message, { cause });
  }
}

/** Runs a command that reads `input`, which simple-git is slow at; gives null, or git's stderr where it refused. */
export async function plumb(
  repo: string,
  args: readonly string[],
  input: string | Uint8Array,
): Promise<string | null> {
  const result = await git(repo, args, { input });
  if (result.exitCode === 0) return null;
  if (result.code === 'ENOENT') throw new GitMissing({ cause: result });
  return result.stderr || result.shortMessage || 'it said nothing';
}

/** Starts `cat-file --batch`, which answers for as long as it is asked. Its end is never a rejection. */
export function openCatFile(repo: string) {
  return git(repo, ['cat-file', '--batch'], { stdin: 'pipe', buffer: { stdout: false } });
}
export type CatFile = ReturnType<typeof openCatFile>;

/** A remote that says nothing for this long is given up; git itself waits for ever. */
const PATIENCE_MS = 120_000;
/** What a fetch brings may be large, and a broken one leaves nothing: git and ssh themselves end one that stands still. */
const FETCH_PATIENCE_MS = 480_000;

/** Runs a command that speaks to a remote. `refused`: git's words where it did not succeed, whatever came of it. */
export async function network(
  repo: string,
  args: readonly string[],
  access: Readonly<Record<string, string>>,
): Promise<{ out: string; refused: string | null }> {
  const speed = ['-c', 'http.lowSpeedLimit=1', '-c', 'http.lowSpeedTime=30'];
  const timeout = args[0] === 'fetch' ? FETCH_PATIENCE_MS : PATIENCE_MS;
  const result = await git(repo, [...speed, ...args], { timeout }, access);
  if (result.exitCode === 0) return { out: String(result.stdout), refused: null };
  if (result.code === 'ENOENT') throw new GitMissing({ cause: result });
  const words = result.timedOut ? 'fatal: connection timed out' : String(result.stderr);
  return { out: '', refused: words.trim() || result.shortMessage || 'it said nothing' };
}

function git(repo: string, args: readonly string[], options: object, access: object = {}) {
  const flags = settings.flatMap((setting) => ['-c', setting]);
  const env = { ...environment(repo), ...access };
  // In a session of its own, so that a Ctrl-C meant for the controller does not end it half-way.
  const apart = { env, extendEnv: false, cwd: '/', detached: true, reject: false } as const;
  return execa('git', [...flags, ...args], { ...options, ...apart });
}
