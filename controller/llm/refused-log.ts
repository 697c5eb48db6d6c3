// Answers that were paid for and could not be used, with the reasons, as a lane's store has them. They are memory for people:
// nothing is decided by them.
import { z } from 'zod';
import { keys } from '../core/keys.ts';
import type { Store } from '../ports.ts';
import { decode, encode } from '../std/json.ts';

const refusedIdeaSchema = z.strictObject({
  /** As it was given; '' where the answer could not be read so far. */
  description: z.string(),
  /** A word: malformed, unchanged, declined, … */
  reason: z.string(),
  sentence: z.string(),
});
export type RefusedIdea = Readonly<z.infer<typeof refusedIdeaSchema>>;

/** `spend/<n>-refused.json`, put if absent: of the answer to call `n`. */
const refusedAnswerSchema = z.strictObject({
  n: z.number().int().positive(),
  model: z.string(),
  atMs: z.number().int(),
  ideas: z.array(refusedIdeaSchema),
  /** What was answered, from its beginning. */
  answer: z.string(),
});
type RefusedAnswer = Readonly<z.infer<typeof refusedAnswerSchema>>;

/** As it is read: of a damaged record nobody knows when it was. */
export type ReadRefusal = Omit<RefusedAnswer, 'atMs'> & { readonly atMs: number | null };

const ANSWER_CHARACTERS = 20_000;
const SENTENCE_CHARACTERS = 500;
const AT_ONCE = 64;

export async function storeRefused(store: Store, lane: string, refused: RefusedAnswer): Promise<void> {
  const ideas = refused.ideas.map(({ description, reason, sentence }) => ({
    description: description.slice(0, SENTENCE_CHARACTERS),
    reason,
    sentence: sentence.slice(0, SENTENCE_CHARACTERS),
  }));
  const answer = refused.answer.slice(0, ANSWER_CHARACTERS);
  await store.putIfAbsent(keys.refused(lane, refused.n), encode({ ...refused, ideas, answer }));
}

/** The numbers of calls whose answer, or a part of it, could not be used, oldest first. */
export async function refusedCalls(store: Store, lane: string): Promise<number[]> {
  const names = await store.list(keys.spends(lane));
  const numbers = names
    .filter((name) => /^\d+-refused\.json$/.test(name))
    .map((name) => Number.parseInt(name, 10));
  return numbers.sort((a, b) => a - b);
}

/** What was refused of these calls; of one whose record is damaged, that. */
export async function refusedOf(
  store: Store,
  lane: string,
  calls: readonly number[],
): Promise<ReadRefusal[]> {
  const found: ReadRefusal[] = [];
  for (let at = 0; at < calls.length; at += AT_ONCE) {
    const some = calls.slice(at, at + AT_ONCE).map(async (n) => {
      const bytes = await store.get(keys.refused(lane, n));
      return bytes === null ? [] : [readable(lane, n, bytes)];
    });
    found.push(...(await Promise.all(some)).flat());
  }
  return found;
}

function readable(lane: string, n: number, bytes: Uint8Array): ReadRefusal {
  try {
    return refusedAnswerSchema.parse(decode(bytes));
  } catch {
    const sentence = `${keys.refused(lane, n)} in the store is damaged; remove it, for nothing is decided by it`;
    return {
      n,
      model: '',
      atMs: null,
      answer: '',
      ideas: [{ description: '', reason: 'damaged', sentence }],
    };
  }
}
