// Why git could not do what was asked, in words for the person who owns the repository.

/** git said no for a reason that no retry mends. The message ends with what to do; `stderr` is git's own word. */
export class GitFailed extends Error {
  override name = 'GitFailed';
  readonly command: string;
  /** The line of git's that tells, and what to do. */
  readonly word: string;
  readonly fix: string;
  readonly stderr: string;

  constructor(repo: string, command: string, stderr: string, options?: ErrorOptions) {
    const word = wordOf(stderr);
    const fix = adviceOn(stderr);
    super(`git ${command} failed in ${repo} (${word}): ${fix}`, options);
    this.word = word;
    this.fix = fix;
    this.command = command;
    this.stderr = stderr;
  }
}

/** The line that tells: what a server says beside it comes first and is often only talk. */
function wordOf(stderr: string): string {
  const lines = stderr.trim().split('\n');
  const telling = lines.find((line) =>
    /^(remote: )?(fatal|error|ERROR):|! \[remote rejected\]/.test(line.trim()),
  );
  return (telling ?? lines[0])?.trim() || 'it said nothing';
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

/** A fetch that was cut off leaves commits without their parents. */
export class MissingCommit extends Error {
  constructor(commit: string) {
    super(`commit ${commit} is missing: restore the repository from a clone or an export`);
  }
}

/** git could not read an object of the repository here. */
export function isRot(error: unknown): boolean {
  if (error instanceof MissingCommit) return true;
  if (!(error instanceof GitFailed)) return false;
  const said = /inflate|zlib|corrupt|bad object|loose object|unable to read|fatal: packed object/i;
  return error.command === 'cat-file' || (error.command === 'fetch' && said.test(error.stderr));
}

const advice: readonly [RegExp, string][] = [
  [
    /does not support --atomic/i,
    'this server cannot move two refs at once: use one that can (git 2.4 or newer, GitHub, GitLab, Gitea)',
  ],
  [
    /HOST IDENTIFICATION HAS CHANGED|Host key verification failed|No .* host key is known/i,
    'the key of this host is not the known one: if it was changed on purpose, put the new one into known_hosts',
  ],
  [
    /Authentication failed|could not read (Username|Password)|Permission denied \(|HTTP 40[13]|error: 40[13]|access denied/i,
    'the remote does not accept these credentials: give credentials that may push, with --frontier-credentials',
  ],
  [
    /hook declined|protected branch|deny updating a hidden ref|not allowed to/i,
    'let this account push to refs/heads/autoresearch/* and refs/autoresearch/* there',
  ],
  [
    /unable to update url base from redirection/i,
    'the repository has moved: give the URL that it redirects to',
  ],
  [/dubious ownership/i, 'make this user the owner of that folder'],
  [
    /does not appear to be a git repository|repository .*not found|does not exist/i,
    'create it there with git init --bare, or correct the URL',
  ],
  [
    /Could not resolve host|Connection (refused|reset|timed out|closed)|timed out|hung up|early EOF|RPC failed|unable to access|unexpected disconnect|expected flush|Operation too slow/i,
    'the remote does not answer: it is tried again until it does',
  ],
  [
    /unpack failed|unpacker error|index-pack/i,
    'look at the repository there: its disk may be full, or run `git fsck`',
  ],
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
  return advice.find(([sign]) => sign.test(stderr))?.[1] ?? 'fix that, then start again';
}
