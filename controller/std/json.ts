// Stored JSON: values to bytes and back.
import { utf8 } from './text.ts';

export function encode(value: unknown): Uint8Array {
  return utf8(`${JSON.stringify(value, null, 1)}\n`);
}

/** Throws where the bytes are not JSON. An editor may have put a byte order mark before it. */
export function decode(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** Throws, with what to do, where the stored bytes are not what `schema` says; `what` names them. */
export function parse<T>(schema: { parse(value: unknown): T }, bytes: Uint8Array, what: string): T {
  try {
    return schema.parse(decode(bytes));
  } catch (cause) {
    throw new Error(`the stored ${what} cannot be read; restore it from a copy of the store`, { cause });
  }
}
