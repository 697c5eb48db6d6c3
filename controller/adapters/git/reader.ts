// A conversation with `git cat-file --batch`: names in, objects out, in the order asked, any number in flight.
import { type CatFile, openCatFile } from './command.ts';
import { GitFailed, GitMissing } from './errors.ts';
import type { GitObject, GitObjectKind } from './object.ts';

interface PendingRead {
  answer(object: GitObject | null): void;
  fail(error: Error): void;
}

/** Reads of one moment; `end` it when done. */
export class ObjectReader {
  readonly #repo: string;
  readonly #git: CatFile;
  readonly #pending: PendingRead[] = [];
  #unread: Buffer = Buffer.alloc(0);
  #failure: Error | null = null;

  constructor(repo: string) {
    this.#repo = repo;
    this.#git = openCatFile(repo);
    this.#git.stdout!.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#git.stdin!.on('error', () => 'the end of the process tells why');
    void this.#git.then((ending) => this.#ended(ending));
  }

  /** The object of a sha or a full ref name; null where there is none. Throws GitFailed on a corrupt repository. */
  read(name: string): Promise<GitObject | null> {
    return new Promise((answer, fail) => {
      if (this.#failure) return fail(this.#failure);
      this.#pending.push({ answer, fail });
      // What is asked for in one go is sent in one go.
      this.#git.stdin!.cork();
      this.#git.stdin!.write(`${name}\n`);
      process.nextTick(() => this.#git.stdin!.uncork());
    });
  }

  /** The object of a sha that must be there. Throws GitFailed where it is missing or cannot be read. */
  async need(sha: string): Promise<GitObject> {
    const object = await this.read(sha);
    if (object) return object;
    throw new GitFailed(this.#repo, 'cat-file', `object ${sha} is missing or corrupt`);
  }

  async end(): Promise<void> {
    this.#git.stdin!.end();
    await this.#git;
  }

  #take(chunk: Buffer): void {
    this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    for (;;) {
      const line = this.#unread.indexOf('\n');
      if (line < 0) return;
      const head = this.#unread.toString('utf8', 0, line);
      const [, sha, kind, size] = /^([0-9a-f]{40}) (\w+) (\d+)$/.exec(head) ?? [];
      const end = line + 1 + (size === undefined ? 0 : Number(size) + 1);
      if (this.#unread.length < end) return;
      const bytes = this.#unread.subarray(line + 1, end - 1);
      this.#unread = this.#unread.subarray(end);
      this.#pending.shift()!.answer(sha ? { kind: kind as GitObjectKind, sha, bytes } : null);
    }
  }

  #ended(ending: Awaited<CatFile>): void {
    this.#failure =
      ending.code === 'ENOENT'
        ? new GitMissing({ cause: ending })
        : new GitFailed(this.#repo, 'cat-file', String(ending.stderr ?? ''));
    for (const { fail } of this.#pending.splice(0)) fail(this.#failure);
  }
}
