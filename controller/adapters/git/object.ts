// Git objects as bytes and names. Their names are computed here, so that a sha can be told without writing anything.
import { hash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

export type GitObjectKind = 'commit' | 'tree' | 'blob';

export interface GitObject {
  readonly kind: GitObjectKind;
  /** 40 hex digits. */
  readonly sha: string;
  readonly bytes: Buffer;
}

interface Commit {
  readonly tree: string;
  readonly parent: string | null;
  /** Of author and committer alike, whole seconds since the epoch. */
  readonly seconds: number;
  readonly message: string;
}

const IDENTITY = 'autoresearch <autoresearch@localhost>';

export function objectOf(kind: GitObjectKind, content: string | Uint8Array): GitObject {
  const bytes =
    typeof content === 'string'
      ? Buffer.from(content)
      : Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const sha = hash('sha1', Buffer.concat([Buffer.from(`${kind} ${bytes.length}\0`), bytes]));
  return { kind, sha, bytes };
}

export function commitOf({ tree, parent, seconds, message }: Commit): GitObject {
  const parents = parent === null ? '' : `parent ${parent}\n`;
  const by = `${IDENTITY} ${seconds} +0000`;
  return objectOf('commit', `tree ${tree}\n${parents}author ${by}\ncommitter ${by}\n\n${message}`);
}

/** What any commit says, whoever made it. */
export interface Parts {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  /** Name and address. */
  readonly author: string;
  readonly message: string;
}

export function partsOf({ sha, bytes }: GitObject): Parts {
  const text = bytes.toString('utf8');
  const end = text.indexOf('\n\n');
  const headers = text.slice(0, end).split('\n');
  const values = (name: string) =>
    headers.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  const author = (values('author')[0] ?? '').replace(/ -?\d+ [+-]\d+$/, '');
  return {
    sha,
    tree: values('tree')[0] ?? '',
    parents: values('parent'),
    author,
    message: text.slice(end + 2),
  };
}

const packed: Record<GitObjectKind, number> = { commit: 1, tree: 2, blob: 3 };

/** A pack that `git unpack-objects` takes: all of a keep in one process. */
export function packOf(objects: readonly GitObject[]): Buffer {
  const head = Buffer.from('PACK\0\0\0\x02\0\0\0\0');
  head.writeUInt32BE(objects.length, 8);
  const body = objects.flatMap(({ kind, bytes }) => [
    packHeader(packed[kind], bytes.length),
    deflateSync(bytes),
  ]);
  const pack = Buffer.concat([head, ...body]);
  return Buffer.concat([pack, hash('sha1', pack, 'buffer')]);
}

/** Kind and size: four bits of the size in the first byte, seven in each that follows, the high bit for "more". */
function packHeader(kind: number, size: number): Buffer {
  const bytes: number[] = [];
  let byte = (kind << 4) | (size & 15);
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push(byte | 128);
    byte = rest & 127;
  }
  return Buffer.from([...bytes, byte]);
}
