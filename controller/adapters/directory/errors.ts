// What a disk can refuse, in words for the person who owns it.

const advice: Record<string, string> = {
  ENOSPC: 'the disk is full: free some space, then start again',
  EDQUOT: 'the disk quota is used up: free some space, then start again',
  EACCES: 'this user may not write there: change its owner or mode, or choose another directory',
  EPERM: 'the file system forbids it (it may lack hard links): choose a directory on another one',
  ENOTSUP: 'the file system cannot do that (it may lack hard links): choose a directory on another one',
  EXDEV: 'part of it is on another file system: keep the whole store on one',
  EROFS: 'the file system is read-only: mount it for writing, or choose another directory',
  EFBIG: 'files may not grow that large: raise the limit with `ulimit -f`',
  ENOENT: 'a folder was removed while the store was in use: put it back from a copy, or start again',
  EIO: 'the disk reports an error: check it, then restore the store from a copy',
  EMFILE: 'too many files are open: raise the limit with `ulimit -n`',
  ENOTDIR: 'a file stands where a folder is needed: move it away',
  EISDIR: 'a folder stands where a file is needed: move it away',
  EEXIST: 'a file stands where a folder is needed: move it away',
};

/** The store's directory cannot be used. `code` is the system's word; the message ends with what to do. */
export class UnusableDirectory extends Error {
  override name = 'UnusableDirectory';
  readonly code: string;

  constructor(path: string, cause: unknown) {
    const code = codeOf(cause);
    super(`${path}: ${advice[code] ?? `the system says "${cause}": mend that, then start again`}`, { cause });
    this.code = code;
  }
}

/** The system's word for what went wrong, '' where it has none. */
export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}
