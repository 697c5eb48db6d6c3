// What the operating system refuses, by its own word for it (`ENOSPC`), and what a person can do about it.

const ADVICE: Readonly<Record<string, readonly [what: string, fix: string]>> = {
  ENOSPC: ['the disk is full', 'free some space, or choose another folder with --dir'],
  EDQUOT: [
    'the disk quota is used up',
    'free some space, raise the quota, or choose another folder with --dir',
  ],
  EROFS: ['the file system is read-only', 'mount it for writing, or choose another folder with --dir'],
  EACCES: ['this user may not use it', 'change its owner or mode, or choose another folder with --dir'],
  EPERM: [
    'the file system forbids it',
    'change its owner, or choose a folder that allows hard links with --dir',
  ],
  ENOTSUP: ['the file system cannot do that', 'choose a folder that allows hard links with --dir'],
  EXDEV: ['part of it is on another file system', 'keep the whole folder on one file system'],
  ENOTDIR: ['a part of it is a file, not a folder', 'move it away, or choose another folder with --dir'],
  EEXIST: ['a file is where a folder should be', 'move it away, or choose another folder with --dir'],
  EISDIR: ['a folder is where a file should be', 'move it away, or choose another file'],
  EFBIG: ['files may not grow that large', 'raise the limit with `ulimit -f`'],
  EIO: ['the disk reports an error', 'check it, then restore the folder from a copy'],
  EMFILE: ['too many files are open', 'raise the limit with `ulimit -n`, or lower --width'],
  ENFILE: ['too many files are open on this machine', 'close some programs'],
  EAGAIN: ['the machine allows no more processes', 'raise the limit with `ulimit -u`, or lower --width'],
  ENOMEM: ['the machine is out of memory', 'close some programs, or lower --width'],
};

/** The word of a failed system call; '' for any other error. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  return typeof code === 'string' ? code : '';
}

/** A sentence that ends with what to do, or null where the error is none that a person could mend. */
export function remedy(error: unknown, path: string): string | null {
  const code = codeOf(error);
  if (!Object.hasOwn(ADVICE, code)) return null;
  const [what, fix] = ADVICE[code]!;
  return `${path} cannot be used: ${what} (${code}); ${fix}`;
}

/** The same of whatever file a system call was about; one that writes names none. */
export function refusal(error: unknown): string | null {
  if (!(error instanceof Error && 'syscall' in error)) return null;
  return remedy(error, 'path' in error ? String(error.path) : 'a file');
}

/** What went wrong, in words. */
export function inWords(error: unknown): string {
  return refusal(error) ?? (error instanceof Error ? error.message : String(error));
}
