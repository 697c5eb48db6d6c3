// What a failed call to the machine means to a person, and what to do about it.

/** The errno name (`ENOSPC`) of a failed system call, '' for any other error. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  return typeof code === 'string' ? code : '';
}

const REMEDIES: Record<string, (path: string) => string> = {
  ENOSPC: (path) => `the disk of ${path} is full; free some space`,
  EDQUOT: (path) => `the disk quota for ${path} is used up; free some space or raise it`,
  EROFS: (path) => `${path} is on a read-only file system; choose a writable folder with --dir`,
  EACCES: (path) =>
    `${path} may not be written by this user; change its owner or choose another folder with --dir`,
  EPERM: (path) =>
    `${path} may not be written by this user; change its owner or choose another folder with --dir`,
  ENOTDIR: (path) =>
    `a part of ${path} is a file, not a folder; move it away or choose another folder with --dir`,
  EMFILE: () => 'too many files are open; raise the limit (ulimit -n) or lower --width',
  ENFILE: () => 'too many files are open on this machine; close some programs',
  EAGAIN: () =>
    'the machine allows no more processes; close some programs, raise the limit (ulimit -u) or lower --width',
  ENOMEM: () => 'the machine is out of memory; close some programs or lower --width',
};

/** A sentence that ends with what to do, or null where the error is none that a person could mend. */
export function remedy(error: unknown, path: string): string | null {
  return REMEDIES[codeOf(error)]?.(path) ?? null;
}
