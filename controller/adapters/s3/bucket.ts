// A folder in a bucket: each call is one request, tried again with jitter for as long as trying again can help.
import { hash, randomUUID } from 'node:crypto';
import type { AgentOptions } from 'node:http';
import { addAbortSignal, type Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import pRetry from 'p-retry';
import { isPassing, statusOf, UnusableStore, WrongAnswer } from './errors.ts';
import type { S3Location } from './location.ts';

export interface BucketOptions {
  readonly location: S3Location;
  /** Of a store other than AWS, `http://…` or `https://…`; null is AWS itself. */
  readonly endpoint: string | null;
  /** null takes the one of the environment. */
  readonly region: string | null;
  /** The bucket in the path, not in the name of the host; null: with an endpoint. */
  readonly pathStyle: boolean | null;
  /** Variables that name a proxy: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in capitals or not. None: no proxy. */
  readonly proxyEnv?: AgentOptions['proxyEnv'];
  readonly patience?: Partial<Patience>;
}

/** How long a call is tried. */
export interface Patience {
  readonly tries: number;
  /** Before the second try; it doubles, up to `longestWaitMs`, and is drawn between once and twice. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** Of one try, with the body. */
  readonly timeoutMs: number;
}

const PATIENCE: Patience = { tries: 8, firstWaitMs: 200, longestWaitMs: 10_000, timeoutMs: 60_000 };
const AT_ONCE = 64;

/** Throws UnusableStore. Credentials are those of the SDK's default chain. */
export class Bucket {
  readonly #client: S3Client;
  readonly #location: S3Location;
  readonly #patience: Patience;
  #dated = 0;

  constructor({ location, endpoint, region, pathStyle, proxyEnv, patience }: BucketOptions) {
    this.#location = location;
    this.#patience = { ...PATIENCE, ...patience };
    this.#client = new S3Client({
      // The region is part of the signature, also where a store has none.
      ...((region ?? (endpoint && 'us-east-1')) ? { region: region ?? 'us-east-1' } : {}),
      ...(endpoint && {
        endpoint,
        // Stores other than AWS may refuse the checksums that the SDK adds by itself.
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
      }),
      forcePathStyle: pathStyle ?? endpoint !== null,
      maxAttempts: 1,
      requestHandler: {
        connectionTimeout: 5000,
        // The proxies that Node gives its own agents it does not give to others.
        httpAgent: { maxSockets: AT_ONCE, proxyEnv },
        httpsAgent: { maxSockets: AT_ONCE, proxyEnv },
      },
    });
    this.#client.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        const { headers } = answer.response as { headers?: Record<string, string> };
        if (headers?.date) this.#dated = Date.parse(headers.date) - Date.now();
        return answer;
      },
      { step: 'deserialize', priority: 'low' },
    );
  }

  /** The bytes at `key`, or null where there are none. */
  get(key: string): Promise<Uint8Array | null> {
    return this.#patiently(`reading ${this.#name(key)}`, async (abortSignal) => {
      try {
        const found = await this.#client.send(new GetObjectCommand(this.#at(key)), { abortSignal });
        return await bytesOf(found, abortSignal);
      } catch (error) {
        if ((error as Error).name === 'NoSuchKey') return null;
        throw error;
      }
    });
  }

  /** Writes, replacing what is there. */
  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.#patiently(`writing ${this.#name(key)}`, (abortSignal) =>
      this.#client.send(new PutObjectCommand({ ...this.#at(key), ...contentOf(bytes) }), { abortSignal }),
    );
  }

  /** Writes with `If-None-Match: *`. False: the store says that something is there, and it is. */
  async create(key: string, bytes: Uint8Array): Promise<boolean> {
    const writer = randomUUID();
    const { Metadata, ...content } = contentOf(bytes);
    const object = { ...this.#at(key), ...content, Metadata: { ...Metadata, writer }, IfNoneMatch: '*' };
    for (let tries = 0; tries < this.#patience.tries; tries++) {
      if (await this.#created(object)) return true;
      const there = await this.#head(key);
      // It may be our own, from a try whose answer was lost.
      if (there) return there.writer === writer;
    }
    throw new UnusableStore(`writing ${this.#name(key)}`, new WrongAnswer('412, and nothing is there'));
  }

  #created(object: PutObjectCommandInput): Promise<boolean> {
    return this.#patiently(`writing s3://${object.Bucket}/${object.Key}`, async (abortSignal) => {
      try {
        await this.#client.send(new PutObjectCommand(object), { abortSignal });
        return true;
      } catch (error) {
        if (statusOf(error) === 412) return false;
        throw error;
      }
    });
  }

  async has(key: string): Promise<boolean> {
    return (await this.#head(key)) !== null;
  }

  /** The names directly under `prefix`, which is '' or ends in '/'; folders end in '/'. Sorted. */
  async list(prefix: string): Promise<string[]> {
    const under = this.#location.prefix + prefix;
    const names: string[] = [];
    let token: string | undefined;
    do {
      const page = await this.#patiently(`listing ${this.#name(prefix)}`, (abortSignal) =>
        this.#client.send(
          new ListObjectsV2Command({
            Bucket: this.#location.bucket,
            Prefix: under,
            Delimiter: '/',
            ContinuationToken: token,
          }),
          { abortSignal },
        ),
      );
      for (const { Prefix } of page.CommonPrefixes ?? []) names.push(Prefix!.slice(under.length));
      for (const { Key } of page.Contents ?? []) names.push(Key!.slice(under.length));
      token = page.NextContinuationToken;
    } while (token !== undefined);
    // Some stores show a folder of their own as an object without a name.
    return names.filter((name) => name !== '').sort();
  }

  /** How far the store's clock is ahead of ours, in milliseconds, to a second; measured on the object at `key`. */
  async skewMs(key: string): Promise<number> {
    await this.#head(key);
    return this.#dated;
  }

  async remove(key: string): Promise<void> {
    await this.#patiently(`deleting ${this.#name(key)}`, (abortSignal) =>
      this.#client.send(new DeleteObjectCommand(this.#at(key)), { abortSignal }),
    );
  }

  /** What the object was written with; null where there is none. */
  #head(key: string): Promise<Record<string, string> | null> {
    return this.#patiently(`reading ${this.#name(key)}`, async (abortSignal) => {
      try {
        const { Metadata } = await this.#client.send(new HeadObjectCommand(this.#at(key)), { abortSignal });
        return Metadata ?? {};
      } catch (error) {
        if (statusOf(error) === 404) return null;
        throw error;
      }
    });
  }

  async #patiently<T>(doing: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { tries, firstWaitMs, longestWaitMs, timeoutMs } = this.#patience;
    try {
      return await pRetry(() => work(AbortSignal.timeout(timeoutMs)), {
        retries: tries - 1,
        minTimeout: firstWaitMs,
        maxTimeout: longestWaitMs,
        randomize: true,
        shouldRetry: ({ error }) => isPassing(error),
      });
    } catch (error) {
      throw new UnusableStore(doing, error);
    }
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#location.bucket, Key: this.#location.prefix + key };
  }

  #name(key: string): string {
    return `s3://${this.#location.bucket}/${this.#location.prefix}${key}`;
  }
}

function contentOf(bytes: Uint8Array) {
  return { Body: bytes, ContentLength: bytes.length, Metadata: { sha256: hash('sha256', bytes) } };
}

/** The whole body. Throws where it ends early, or is not what was written. */
async function bytesOf(found: GetObjectCommandOutput, signal: AbortSignal): Promise<Uint8Array> {
  const body = addAbortSignal(signal, found.Body as unknown as Readable);
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const wanted = found.Metadata?.sha256;
  if (wanted !== undefined && hash('sha256', bytes) !== wanted)
    throw new WrongAnswer('other bytes than were written');
  return bytes;
}
