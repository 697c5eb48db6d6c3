// The runnable folder around train.py. It is the same in every commit of a lane, so a tree is its bytes before the
// sha of train.py, that sha, and its bytes after.
import { type GitObject, objectOf } from './object.ts';

const TRAIN_PY = Buffer.from('100644 train.py\0');
const SHA_BYTES = 20;

export class Folder {
  readonly #head: Buffer;
  readonly #tail: Buffer;

  private constructor(head: Buffer, tail: Buffer) {
    this.#head = head;
    this.#tail = tail;
  }

  /** Plain files: name → sha of its blob. */
  static of(files: ReadonlyMap<string, string>): Folder {
    const lines = [...files].map(([name, sha]) => ({ name: Buffer.from(name), sha }));
    lines.sort((a, b) => Buffer.compare(a.name, b.name));
    const bytes = (before: boolean) =>
      lines
        .filter(({ name }) => Buffer.compare(name, Buffer.from('train.py')) < 0 === before)
        .map(({ name, sha }) => Buffer.concat([Buffer.from(`100644 ${name}\0`), Buffer.from(sha, 'hex')]));
    return new Folder(Buffer.concat([...bytes(true), TRAIN_PY]), Buffer.concat(bytes(false)));
  }

  /** The folder of a tree; null where no plain file train.py is in it. */
  static from(tree: GitObject): Folder | null {
    const { bytes } = tree;
    for (let at = 0; at < bytes.length; ) {
      const sha = bytes.indexOf(0, at) + 1;
      if (bytes.subarray(at, sha).equals(TRAIN_PY)) {
        return new Folder(bytes.subarray(0, sha), bytes.subarray(sha + SHA_BYTES));
      }
      at = sha + SHA_BYTES;
    }
    return null;
  }

  /** The tree of this folder with that blob as its train.py. */
  with(blob: string): GitObject {
    return objectOf('tree', Buffer.concat([this.#head, Buffer.from(blob, 'hex'), this.#tail]));
  }

  /** The blob of train.py in a tree that is otherwise this folder; null where anything else differs. */
  trainPyIn({ bytes }: GitObject): string | null {
    const at = this.#head.length;
    const same =
      bytes.length === at + SHA_BYTES + this.#tail.length &&
      bytes.subarray(0, at).equals(this.#head) &&
      bytes.subarray(at + SHA_BYTES).equals(this.#tail);
    return same ? bytes.toString('hex', at, at + SHA_BYTES) : null;
  }
}
