// A piece of a log that a run may still be writing.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

export interface Piece {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly size: number;
}

/** Its end where `from` is null; null where there is no such file. What a run put there is no link and no pipe to us. */
export async function pieceOf(path: string, from: number | null, most: number): Promise<Piece | null> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => null);
  if (!file) return null;
  try {
    const { size } = await file.stat();
    const at = Math.min(from ?? Math.max(0, size - most), size);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(most, size - at)), 0, null, at);
    return { bytes: buffer.subarray(0, bytesRead), at, size };
  } finally {
    await file.close();
  }
}
