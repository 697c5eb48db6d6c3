// Prompt-cache accounting as the Messages API does it: what stood before a breakpoint and comes again byte for byte is read.
import { sha256Hex } from '../../controller/intent.ts';

/** A shorter prefix is not cached. */
const LEAST_TOKENS = 1024;
const TTL_MS = { '5m': 300_000, '1h': 3_600_000 } as const;

interface CachedBlock {
  readonly text: string;
  /** Null: no breakpoint here. */
  readonly ttl: keyof typeof TTL_MS | null;
}

interface InputTokens {
  readonly input: number;
  readonly read: number;
  readonly written: number;
}

export class PromptCache {
  readonly #until = new Map<string, number>();

  /** Counts the input of a request; blocks stand in the order of the prompt. Entries are refreshed by use. */
  account(model: string, blocks: readonly CachedBlock[], nowMs: number): InputTokens {
    let prefix = model;
    let tokens = 0;
    let [read, upTo] = [0, 0];
    const fresh: { key: string; ttlMs: number }[] = [];
    for (const { text, ttl } of blocks) {
      prefix = sha256Hex(`${prefix}\0${text}`);
      tokens += tokensIn(text);
      if (ttl === null || tokens < LEAST_TOKENS) continue;
      upTo = tokens;
      if ((this.#until.get(prefix) ?? 0) > nowMs) {
        read = tokens;
        this.#until.set(prefix, nowMs + TTL_MS[ttl]);
      } else fresh.push({ key: prefix, ttlMs: TTL_MS[ttl] });
    }
    for (const { key, ttlMs } of fresh) this.#until.set(key, nowMs + ttlMs);
    return { input: tokens - upTo, read, written: upTo - read };
  }
}

/** About what a tokenizer would make of it: four characters a token. */
export function tokensIn(text: string): number {
  return Math.ceil(text.length / 4);
}
