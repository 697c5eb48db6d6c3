// The store in S3, or in what speaks S3. Two controllers are kept apart by `If-None-Match: *`, which some stores take
// and ignore: so before the first write it is tried out.
import { assertKey, assertPrefix } from '../../core/keys.ts';
import type { Store } from '../../ports.ts';
import type { Bucket } from './bucket.ts';
import { conditionalWrites } from './probe.ts';

/** Throws UnusableStore, also where writes cannot be made conditional and `singleWriter` does not say that it is safe. */
export class S3Store implements Store {
  readonly #bucket: Bucket;
  readonly #singleWriter: boolean;
  #mayCreate: Promise<boolean> | null = null;

  /** `singleWriter`: a person vouches that no second controller ever writes here. */
  constructor(bucket: Bucket, singleWriter = false) {
    this.#bucket = bucket;
    this.#singleWriter = singleWriter;
  }

  async get(key: string): Promise<Uint8Array | null> {
    assertKey(key);
    return this.#bucket.get(key);
  }

  async putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean> {
    assertKey(key);
    this.#mayCreate ??= this.#probe();
    if (await this.#mayCreate) return this.#bucket.create(key, bytes);
    if (await this.#bucket.has(key)) return false;
    await this.#bucket.put(key, bytes);
    return true;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    assertKey(key);
    await this.#bucket.put(key, bytes);
  }

  async list(prefix: string): Promise<string[]> {
    assertPrefix(prefix);
    return (await this.#bucket.list(prefix)).filter((name) => !name.startsWith('.'));
  }

  async #probe(): Promise<boolean> {
    try {
      const writes = await conditionalWrites(this.#bucket);
      if (writes === 'honoured') return true;
      if (this.#singleWriter) return false;
      const how = writes === 'ignored' ? 'takes If-None-Match and ignores it' : 'refuses If-None-Match';
      throw new Error(
        `this store ${how}: two controllers could overwrite each other. Use one that honours it, or set store.singleWriter (--single-writer) where only one controller ever writes`,
      );
    } catch (error) {
      this.#mayCreate = null;
      throw error;
    }
  }
}
