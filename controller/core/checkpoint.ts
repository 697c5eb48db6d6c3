// Records of a thousand ids in one object, so that a restart or a command makes few reads; Settlements of a thousand
// calls too. Neither ever changes, so a copy is as good; where a copy cannot be read they are read themselves.
import type { z } from 'zod';
import { type Decision, decisionSchema } from './decision.ts';
import { type Settlement, settlementSchema } from './spend.ts';

/** Ids, or numbers of calls, that one checkpoint covers. */
export const SPAN = 1000;

/** The checkpoint that an id or a call belongs to. */
export function checkpointOf(id: string | number): number {
  return Math.floor(Number(id) / SPAN);
}

/**
 * The text of each checkpoint from number `from` on whose ids are all decided, in order. Keeps are told by git. An idea
 * that was given up has no decision for good: a thousand ids later it is waited for no more. What comes after all is
 * read by itself.
 */
export function checkpoints(decisions: readonly Decision[], from: number): string[] {
  const spans = new Map<number, Decision[]>();
  for (const decision of decisions) {
    const n = checkpointOf(decision.experiment);
    if (n < from) continue;
    const span = spans.get(n) ?? [];
    span.push(decision);
    spans.set(n, span);
  }
  const texts: string[] = [];
  const newest = Math.max(...spans.keys());
  for (let n = from; spans.get(n)?.length === SPAN || n + 2 <= newest; n++) {
    const span = spans.get(n) ?? [];
    texts.push(linesOf(span.filter(({ status }) => status !== 'keep')));
  }
  return texts;
}

/** A line of JSON for each. */
export function linesOf(records: readonly (Decision | Settlement)[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join('');
}

/** The Records in the text of checkpoint `n`; null where it is not one, whole and of these ids. */
export function recordsIn(text: string, n: number): Decision[] | null {
  return read(text, decisionSchema, ({ experiment }) => checkpointOf(experiment) === n);
}

/** The Settlements in the text of checkpoint `n` of the calls; null where it is not one, whole and of these calls. */
export function settlementsIn(text: string, n: number): Settlement[] | null {
  return read(text, settlementSchema, (settlement) => checkpointOf(settlement.n) === n);
}

function read<T>(text: string, schema: z.ZodType<T>, belongs: (record: T) => boolean): T[] | null {
  const lines = text.split('\n');
  if (lines.pop() !== '') return null;
  const records: T[] = [];
  for (const line of lines) {
    const parsed = schema.safeParse(json(line));
    if (!parsed.success || !belongs(parsed.data)) return null;
    records.push(parsed.data);
  }
  return records;
}

function json(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
