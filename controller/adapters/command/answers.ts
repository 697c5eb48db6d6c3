// What a command says in a line: an idea, what it cost, or nothing that is meant for us.
import { z } from 'zod';
import { apply, sized } from '../../llm/edits.ts';
import type { EditRefusal } from '../../llm/static-checks.ts';

const lineSchema = z.strictObject({
  description: z.string().optional(),
  hypothesis: z.string().default(''),
  /** The whole new file; or edits of the one that it was given; or neither: the file as it stands in its folder. */
  train_py: z.string().optional(),
  edits: z.array(z.strictObject({ search: z.string(), replace: z.string() })).optional(),
  /** What asking for this came to, as the command knows it. */
  usd: z.number().nonnegative().default(0),
});

interface SaidIdea {
  readonly kind: 'idea';
  readonly description: string;
  readonly hypothesis: string;
  readonly trainPy: string;
  readonly usd: number;
}

type SpokenLine =
  | SaidIdea
  | { readonly kind: 'cost'; readonly usd: number }
  | ({ readonly kind: 'refused'; readonly description: string; readonly usd: number } & EditRefusal)
  /** Progress, or whatever else a program prints. */
  | { readonly kind: 'chatter' };

/** What a line says. `base`: the train.py that was given out; `inFolder` reads the one that lies there now. */
export async function readLine(
  line: string,
  base: string,
  inFolder: () => Promise<string | null>,
): Promise<SpokenLine> {
  const json = objectIn(line);
  if (json === undefined) return { kind: 'chatter' };
  const read = lineSchema.safeParse(json);
  if (!read.success) {
    const issue = read.error.issues[0]!;
    return refusal(
      'malformed',
      `the answer cannot be read (${issue.path.join('.') || 'the line'}: ${issue.message}); give description, and train_py or edits`,
    );
  }
  const { description, hypothesis, train_py, edits, usd } = read.data;
  const refuse = (reason: string, sentence: string) => refusal(reason, sentence, usd, description);
  if (description === undefined) {
    if (train_py === undefined && edits === undefined) return { kind: 'cost', usd };
    return refuse('undescribed', 'there is no description; say in a line what the edit does');
  }
  if (description.trim() === '')
    return refuse('undescribed', 'the description is empty; say in a line what the edit does');
  if (train_py !== undefined && edits !== undefined)
    return refuse('both', 'there are edits and a train_py; give one of them');
  const written = edits === undefined ? (train_py ?? (await inFolder())) : null;
  if (edits === undefined && written === null)
    return refuse('absent', 'no train.py can be read in the folder; give train_py or edits');
  const made = written === null ? apply(base, edits!) : sized(written);
  if (made.kind === 'refused') return refuse(made.reason, made.sentence);
  if (made.text === base) return refuse('unchanged', 'that is train.py as it was; change something');
  return { kind: 'idea', description, hypothesis, trainPy: made.text, usd };
}

function objectIn(line: string): unknown {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function refusal(reason: string, sentence: string, usd = 0, description = ''): SpokenLine {
  return { kind: 'refused', reason, sentence, usd, description };
}
