// What a model answers, read and refused.

import { z } from 'zod';
import type { Edit } from '../std/edits.ts';
import { asFile, newlines } from '../std/text.ts';
import { apply, sized } from './edits.ts';
import type { RefusedIdea } from './refused-log.ts';
import type { EditRefusal } from './static-checks.ts';

const ideaSchema = z.strictObject({
  description: z.string(),
  hypothesis: z.string(),
  file: z.string(),
  edits: z.array(z.strictObject({ search: z.string(), replace: z.string() })),
  rewrite: z.string().nullable(),
});
export const answerSchema = z.strictObject({ ideas: z.array(ideaSchema) });

/** An idea as the model put it, with the file that it makes of `trainPy`. */
export interface Answer {
  readonly description: string;
  readonly hypothesis: string;
  readonly trainPy: string;
  /** What made it; null where it is a rewrite. */
  readonly edits: readonly Edit[] | null;
}

/** More than were ever asked for. */
const IDEAS_AT_MOST = 8;

/** The ideas in a reply's text, each or why it is none. `trainPy`: the file that their edits are to be made on. */
export function readAnswers(text: string, trainPy: string): (Answer | RefusedIdea)[] {
  const read = answerSchema.safeParse(jsonIn(text));
  if (!read.success) {
    const issue = read.error.issues[0]!;
    const where = issue.path.join('.') || 'the answer';
    const sentence = `the answer does not have the shape that was asked for (${where}: ${issue.message}); answer with that JSON object alone`;
    return [{ description: '', reason: 'malformed', sentence }];
  }
  const { ideas } = read.data;
  if (ideas.length === 0)
    return [
      { description: '', reason: 'none', sentence: 'there is no idea in the answer; give at least one' },
    ];
  return ideas.slice(0, IDEAS_AT_MOST).map((idea) => {
    const said = readIdea(idea, trainPy);
    return isRefusal(said) ? { description: idea.description, ...said } : said;
  });
}

function readIdea(idea: z.infer<typeof ideaSchema>, trainPy: string): Answer | EditRefusal {
  const { description, hypothesis, file, rewrite } = idea;
  if (file !== 'train.py')
    return {
      reason: 'wrong_file',
      sentence: `${JSON.stringify(file.slice(0, 80))} cannot be edited; edit train.py and nothing else`,
    };
  if (description.trim() === '')
    return { reason: 'undescribed', sentence: 'the description is empty; say in a line what the edit does' };
  if (rewrite !== null && idea.edits.length > 0)
    return {
      reason: 'both',
      sentence: 'there are edits and a rewrite; give one of them, and null or [] for the other',
    };
  const base = newlines(trainPy);
  const edits = rewrite === null ? idea.edits.map(withNewlines) : null;
  const edited = edits === null ? rewritten(rewrite!, base) : apply(base, edits);
  if (edited.kind === 'refused') return { reason: edited.reason, sentence: edited.sentence };
  return { description, hypothesis, trainPy: asFile(edited.text), edits };
}

export function isRefusal<T extends EditRefusal>(read: Answer | T): read is T {
  return 'sentence' in read;
}

/** The JSON of a reply, also where it came in a Markdown fence; undefined where there is none. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(unfenced(text.trim()));
  } catch {
    return undefined;
  }
}

function withNewlines({ search, replace }: { search: string; replace: string }) {
  return { search: newlines(search), replace: newlines(replace) };
}

function rewritten(rewrite: string, trainPy: string): ReturnType<typeof apply> {
  const text = asFile(unfenced(newlines(rewrite).trim()));
  if (text.trimEnd() === trainPy.trimEnd())
    return {
      kind: 'refused',
      reason: 'unchanged',
      sentence: 'the rewrite is the file as it is; change something',
    };
  return sized(text);
}

function unfenced(text: string): string {
  return /^```[\w-]*\n([\s\S]*?)\n?```$/.exec(text)?.[1] ?? text;
}
