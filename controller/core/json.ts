// Stored JSON: bytes to values and back.
export function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 1)}\n`);
}

export function parse<T>(schema: { parse(value: unknown): T }, bytes: Uint8Array, what: string): T {
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw new Error(`the stored ${what} cannot be read; restore it from a copy of the store`, { cause });
  }
}

/** From UTF-8; a byte order mark is part of a train.py and of its sha256. */
export function text(content: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(content);
}
