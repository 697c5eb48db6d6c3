// Waiting for what will come about: a look, again and again, with a deadline that says what never came.
import { setTimeout as pause } from 'node:timers/promises';

const BETWEEN_LOOKS_MS = 150;

/** The first thing that `look` finds. A look that throws is repeated; after `seconds` this throws, naming `what`. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  seconds = 300,
): Promise<T> {
  let trouble: unknown = null;
  for (const endMs = Date.now() + 1000 * seconds; ; ) {
    try {
      const found = await look();
      if (found !== null && found !== undefined && found !== false) return found;
      trouble = null;
    } catch (error) {
      trouble = error;
    }
    if (Date.now() > endMs)
      throw new Error(`in ${seconds} s it did not come to this: ${what}`, { cause: trouble });
    await pause(BETWEEN_LOOKS_MS);
  }
}
