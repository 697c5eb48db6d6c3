// Refs on a remote. The clone here is a cache: what counts is what the remote says at the moment, and a change is a
// push that names for each ref where it must be, so that the server refuses what another has moved.
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { doubling } from '../../std/backoff.ts';
import { network, plumb } from './command.ts';
import { GitFailed, LockedRepository, lockIn } from './errors.ts';
import { ObjectReader } from './reader.ts';
import { type Ends, namesOf, type Refs, type RefUpdate, type Shas } from './refs.ts';
import { accessTo, type Remote } from './remote.ts';
import { prepareRepository } from './repository.ts';
import { writerOf } from './writer.ts';

/** Two refs that do not fit may be a push under way: they are looked at again after waits that double. */
const waitMs = doubling(20, 640);
/** Waits after which refs that have not changed are no push under way: 620 ms. */
const WAITS = 5;
/** Looks at refs that somebody moves all the while. */
const LOOKS = 50;

function same(a: Shas, b: Shas | null): boolean {
  return b !== null && a.tip === b.tip && a.writer === b.writer;
}

export class RemoteRefs implements Refs {
  readonly cached = true;
  readonly repo: string;
  readonly branch: string;
  readonly writer: string;
  readonly #remote: Remote;
  /** Refs that do not fit and stayed so: a person's doing, or of a server that was killed. */
  #misfit: Shas | null = null;

  /** `repo`: the path of the clone, which is made. */
  constructor(repo: string, lane: string, remote: Remote) {
    this.repo = repo;
    this.#remote = remote;
    ({ branch: this.branch, writer: this.writer } = namesOf(lane));
  }

  async there(): Promise<boolean> {
    return true;
  }

  /** What was pushed from elsewhere is what the next push builds on: it must be here. */
  async prepare(): Promise<void> {
    await prepareRepository(this.repo, this.branch);
    const reader = new ObjectReader(this.repo);
    try {
      await this.#bring(reader, await this.#advertised());
    } finally {
      await reader.end();
    }
  }

  async read(reader: ObjectReader): Promise<Ends> {
    let last: Shas | null = null;
    let waits = 0;
    for (let look = 0; look < LOOKS; look++) {
      const now = await this.#advertised();
      await this.#bring(reader, now);
      const [tip, writer] = await Promise.all([now.tip, now.writer].map((sha) => sha && reader.read(sha)));
      // What was advertised may be gone by the time it is fetched.
      if ((now.tip && !tip) || (now.writer && !writer)) continue;
      const ends = { tip: tip || null, writer: writer || null };
      // In the middle of a push one ref may show and the other not: then the writer does not speak of this tip.
      const said = ends.writer && writerOf(ends.writer);
      const fits = !said || said.tip === now.tip;
      if (fits || same(now, this.#misfit)) return ends;
      if (!same(now, last)) waits = 0;
      else if (waits >= WAITS) this.#misfit = now;
      last = now;
      await delay(waitMs(waits++));
    }
    throw new Error(`${this.#remote.url} changes all the time: see who pushes to ${this.branch} there`);
  }

  async glance(): Promise<null> {
    return null; // the remote is asked by a process
  }

  async swap(updates: readonly RefUpdate[]): Promise<string | null> {
    const leases = updates.map(({ ref, from }) => `--force-with-lease=${ref}:${from ?? ''}`);
    const pushed = updates.map(({ ref, to }) => `${to}:${ref}`);
    const args = [
      'push',
      '--quiet',
      '--atomic',
      '--no-follow-tags',
      ...leases,
      '--',
      this.#remote.url,
      ...pushed,
    ];
    const { refused } = await this.#ask(args);
    if (refused === null) await this.#note(updates.map(({ ref, to }) => ({ ref, to })));
    return refused;
  }

  refusal(stderr: string): Error {
    const lock = lockIn(stderr);
    return lock ? new LockedRepository(lock) : new GitFailed(this.#remote.url, 'push', stderr);
  }

  async announce(): Promise<void> {} // what a plain clone gives is the server's to say

  putBack(ref: string, now: string | null, to: string): string {
    return `--git-dir=${this.repo} push --force-with-lease=${ref}:${now ?? ''} ${this.#remote.url} ${to}:${ref}`;
  }

  setAside(now: string): string {
    return `--git-dir=${this.repo} push --atomic ${this.#remote.url} ${now}:refs/heads/set-aside :${this.branch}`;
  }

  async recover(sha: string): Promise<boolean> {
    return (
      (
        await this.#ask([
          'fetch',
          '--quiet',
          '--no-tags',
          '--no-write-fetch-head',
          '--',
          this.#remote.url,
          sha,
        ])
      ).refused === null
    );
  }

  async renew(): Promise<boolean> {
    await rm(this.repo, { recursive: true, force: true });
    await this.prepare();
    return true;
  }

  async #advertised(): Promise<Shas> {
    const { out, refused } = await this.#ask([
      'ls-remote',
      '--quiet',
      '--',
      this.#remote.url,
      this.branch,
      this.writer,
    ]);
    if (refused !== null) throw new GitFailed(this.#remote.url, 'ls-remote', refused);
    const lines = out.split('\n').map((line) => line.split('\t'));
    const at = (ref: string) => lines.find((line) => line[1] === ref)?.[0] ?? null;
    return { tip: at(this.branch), writer: at(this.writer) };
  }

  /** Fetches what the clone lacks, and lets its refs say what the remote's do. */
  async #bring(reader: ObjectReader, { tip, writer }: Shas): Promise<void> {
    const wanted = [
      { ref: this.branch, to: tip },
      { ref: this.writer, to: writer },
    ];
    const here = await Promise.all(wanted.map(({ to }) => to === null || reader.read(to)));
    if (here.includes(null)) {
      const specs = wanted.filter(({ to }) => to !== null).map(({ ref }) => `+${ref}:${ref}`);
      const options = ['--quiet', '--no-tags', '--no-write-fetch-head'];
      const { refused } = await this.#ask(['fetch', ...options, '--', this.#remote.url, ...specs]);
      // A ref that was there a moment ago may be gone: the next look says so.
      if (refused !== null && !/couldn't find remote ref/.test(refused))
        throw new GitFailed(this.#remote.url, 'fetch', refused);
    }
    const now = await Promise.all(wanted.map(({ ref }) => reader.read(ref)));
    await this.#note(wanted.filter(({ to }, i) => (now[i]?.sha ?? null) !== to));
  }

  /** Only this clone's refs, which a bundle and the next fetch begin from. */
  async #note(places: readonly { ref: string; to: string | null }[]): Promise<void> {
    if (places.length === 0) return;
    const lines = places.map(({ ref, to }) => (to === null ? `delete ${ref}\n` : `update ${ref} ${to}\n`));
    const refused = await plumb(this.repo, ['update-ref', '--stdin'], lines.join(''));
    const lock = refused && lockIn(refused);
    if (lock) throw new LockedRepository(lock);
    if (refused !== null && !/unable to resolve|nonexistent object|bad object/.test(refused))
      throw new GitFailed(this.repo, 'update-ref', refused);
  }

  async #ask(args: readonly string[]): Promise<{ out: string; refused: string | null }> {
    return network(this.repo, args, await accessTo(this.#remote));
  }
}
