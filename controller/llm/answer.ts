// What a model answers, read and refused.

import { z } from 'zod';
import { asFile, newlines } from '../std/text.ts';
import { apply, sized } from './edits.ts';
import type { EditRefusal } from './static-checks.ts';

export const answerSchema = z.strictObject({
  description: z.string(),
  hypothesis: z.string(),
  file: z.string(),
  edits: z.array(z.strictObject({ search: z.string(), replace: z.string() })),
  rewrite: z.string().nullable(),
});

/** An idea as the model put it, with the file that it makes of `trainPy`. */
export interface Answer {
  readonly description: string;
  readonly hypothesis: string;
  readonly trainPy: string;
}

/** The answer in a reply's text, or why it is none. `trainPy`: the file that its edits are to be made on. */
export function readAnswer(text: string, trainPy: string): Answer | EditRefusal {
  const read = answerSchema.safeParse(jsonIn(text));
  if (!read.success) {
    const issue = read.error.issues[0]!;
    const where = issue.path.join('.') || 'the answer';
    return {
      reason: 'malformed',
      sentence: `the answer does not have the shape that was asked for (${where}: ${issue.message}); answer with that JSON object alone`,
    };
  }
  const { description, hypothesis, file, edits, rewrite } = read.data;
  if (file !== 'train.py')
    return {
      reason: 'wrong_file',
      sentence: `${JSON.stringify(file.slice(0, 80))} cannot be edited; edit train.py and nothing else`,
    };
  if (description.trim() === '')
    return { reason: 'undescribed', sentence: 'the description is empty; say in a line what the edit does' };
  if (rewrite !== null && edits.length > 0)
    return {
      reason: 'both',
      sentence: 'there are edits and a rewrite; give one of them, and null or [] for the other',
    };
  const base = newlines(trainPy);
  const edited = rewrite === null ? apply(base, edits.map(withNewlines)) : rewritten(rewrite, base);
  if (edited.kind === 'refused') return { reason: edited.reason, sentence: edited.sentence };
  return { description, hypothesis, trainPy: asFile(edited.text) };
}

export function isRefusal(read: Answer | EditRefusal): read is EditRefusal {
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
