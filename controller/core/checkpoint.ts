// Records of a thousand ids in one object, so that a restart over a network makes few reads. A Record never changes, so
// its copy is as good; where a copy cannot be read the Records themselves are.
import { type Decision, decisionSchema } from './decision.ts';

/** Ids that one checkpoint covers. */
export const SPAN = 1000;

/** The checkpoint that an id belongs to. */
export function checkpointOf(experiment: string): number {
  return Math.floor(Number(experiment) / SPAN);
}

/** The text of each checkpoint from number `from` on whose ids are all decided, in order. Keeps are told by git. */
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
  for (let n = from; spans.get(n)?.length === SPAN; n++) {
    const records = spans.get(n)!.filter(({ status }) => status !== 'keep');
    texts.push(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  }
  return texts;
}

/** The Records in the text of checkpoint `n`; null where it is not one, whole and of these ids. */
export function recordsIn(text: string, n: number): Decision[] | null {
  const lines = text.split('\n');
  if (lines.pop() !== '') return null;
  const records: Decision[] = [];
  for (const line of lines) {
    const parsed = decisionSchema.safeParse(json(line));
    if (!parsed.success || checkpointOf(parsed.data.experiment) !== n) return null;
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
