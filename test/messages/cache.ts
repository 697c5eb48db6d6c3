// Prompt-cache accounting as the Messages API does it: what stood before a breakpoint and comes again byte for byte is read.
import { sha256Hex } from '../../controller/intent.ts';

/** A shorter prefix is not cached. */
const LEAST_TOKENS = 1024;
/** So many blocks before a breakpoint are looked at, too, for one that an earlier request wrote. */
const LOOKED_BACK = 20;
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
    let key = model;
    let tokens = 0;
    let [read, upTo] = [0, 0];
    const prefixes: { key: string; tokens: number }[] = [];
    const used: { key: string; ttlMs: number }[] = [];
    for (const { text, ttl } of blocks) {
      key = sha256Hex(`${key}\0${text}`);
      tokens += tokensIn(text);
      prefixes.push({ key, tokens });
      if (ttl === null || tokens < LEAST_TOKENS) continue;
      upTo = tokens;
      const ttlMs = TTL_MS[ttl];
      const found = prefixes
        .slice(-1 - LOOKED_BACK)
        .findLast((one) => (this.#until.get(one.key) ?? 0) > nowMs);
      used.push({ key, ttlMs });
      if (!found) continue;
      read = Math.max(read, found.tokens);
      used.push({ key: found.key, ttlMs });
    }
    for (const { key, ttlMs } of used) this.#until.set(key, nowMs + ttlMs);
    return { input: tokens - upTo, read, written: upTo - read };
  }
}

/** About what a tokenizer would make of it: four characters a token. */
export function tokensIn(text: string): number {
  return Math.ceil(text.length / 4);
}
