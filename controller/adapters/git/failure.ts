// Why git could not do what was asked, in words for the person who owns the repository.

/** git said no for a reason that no retry mends. The message ends with what to do; `stderr` is git's own word. */
export class GitFailed extends Error {
  override name = 'GitFailed';
  readonly stderr: string;

  constructor(repo: string, command: string, stderr: string, options?: ErrorOptions) {
    const word = stderr.trim().split('\n')[0] || 'it said nothing';
    super(`git ${command} failed in ${repo} (${word}): ${adviceOn(stderr)}`, options);
    this.stderr = stderr;
  }
}

/** A lock file that stays: its owner was killed, or is a git process of somebody else that hangs. */
export class LockedRepository extends Error {
  override name = 'LockedRepository';
  readonly lock: string;

  constructor(lock: string) {
    super(`the frontier is locked by ${lock}: if no git process is at work there, remove that file`);
    this.lock = lock;
  }
}

export class GitMissing extends Error {
  override name = 'GitMissing';

  constructor(options?: ErrorOptions) {
    super('there is no git on PATH: install git 2.36 or newer (apt install git, brew install git)', options);
  }
}

/** The path of the lock file that git met; null where that was not the trouble. */
export function lockIn(stderr: string): string | null {
  return /Unable to create '(.+?\.lock)': File exists/.exec(stderr)?.[1] ?? null;
}

const advice: readonly [RegExp, string][] = [
  [/No space left|disk quota/i, 'free some disk space, then start again'],
  [/Read-only file system/i, 'mount it for writing, or choose another directory'],
  [/Permission denied|insufficient permission/i, 'give this user the right to write there'],
  [/not a git repository/i, 'give the path of a bare repository, or one that is not taken'],
  [
    /corrupt|bad object|broken|unable to read|loose object/i,
    'run `git fsck` there, and restore it from a clone or an export',
  ],
];

function adviceOn(stderr: string): string {
  return advice.find(([sign]) => sign.test(stderr))?.[1] ?? 'mend that, then start again';
}
