// What a disk can refuse, in words for the person who owns it.
import { codeOf, remedy } from '../../std/errno.ts';

/** The store's directory cannot be used. `code` is the system's word; the message ends with what to do. */
export class UnusableDirectory extends Error {
  override name = 'UnusableDirectory';
  readonly code: string;

  constructor(path: string, cause: unknown) {
    super(sentence(path, cause), { cause });
    this.code = codeOf(cause);
  }
}

function sentence(path: string, cause: unknown): string {
  // A write makes its folders first.
  if (codeOf(cause) === 'ENOENT')
    return `${path} cannot be used: a folder was removed meanwhile; put it back from a copy, or start again`;
  return (
    remedy(cause, path) ?? `${path} cannot be used: the system says "${cause}"; fix that, then start again`
  );
}
