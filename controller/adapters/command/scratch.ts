// The folder that a command works in: what it is shown as files, gone once it has ended.
import { constants } from 'node:fs';
import { chmod, mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Brief, FixBrief, ImportedExperiment, PastExperiment } from '../../brief.ts';
import type { RefusedIdea } from '../../llm/refused-log.ts';
import { plainLine, text } from '../../std/text.ts';

/** More is no train.py. */
const FILE_BYTES = 1 << 20;

export interface Scratch {
  readonly folder: string;
  /** The environment of who works here: its home and its temporary files are in the folder. */
  readonly env: Readonly<Record<string, string>>;
  /** The brief as a line of JSON. */
  readonly brief: string;
  /** train.py as it lies there now; null where there is none, or no plain file. */
  trainPy(): Promise<string | null>;
  remove(): Promise<void>;
}

/** `usd`: what the call may cost at most, `count`: how many ideas are wanted. */
interface Asked {
  readonly usd: number;
  readonly seconds: number;
  readonly refused: readonly RefusedIdea[];
}

export function scratchForIdeas(parent: string, brief: Brief, count: number, asked: Asked): Promise<Scratch> {
  return scratch(parent, filesForIdeas(brief, count, asked));
}

/** What lies in the folder of a call for ideas, by name. */
export function filesForIdeas(brief: Brief, count: number, asked: Asked): Readonly<Record<string, string>> {
  const { lane, tip, tipBpb, past, open: onTrial, ready, ran, guidance, imported = [] } = brief;
  const shown = {
    task: 'propose',
    count,
    lane,
    tip,
    tip_bpb: tipBpb,
    guidance,
    on_trial: [...onTrial, ...ready.map((idea) => idea.description)],
    ...limitsOf(asked),
    runs: ran,
  };
  return withBrief(shown, {
    'train.py': brief.trainPy,
    'prepare.py': brief.prepare,
    'program.md': brief.program,
    'guidance.md': guidance,
    'history.tsv': historyOf(past),
    ...(imported.length > 0 && { 'imported.tsv': importedOf(imported) }),
    'TASK.md': taskOf(count),
  });
}

export async function scratchForFix(
  parent: string,
  { experiment, description, trainPy, reason, tail }: FixBrief,
  inputs: { readonly prepare: string; readonly program: string },
  asked: Asked,
): Promise<Scratch> {
  const shown = { task: 'fix', count: 1, experiment, description, reason, ...limitsOf(asked) };
  const files = withBrief(shown, {
    'train.py': trainPy,
    'prepare.py': inputs.prepare,
    'program.md': inputs.program,
    'run.log': tail,
    'TASK.md': FIX_TASK,
  });
  return scratch(parent, files);
}

function limitsOf({ usd, seconds, refused }: Asked) {
  return { usd_at_most: usd, deadline_seconds: seconds, refused };
}

/** The brief says which files lie beside it. */
function withBrief(shown: object, files: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return { ...files, 'brief.json': `${JSON.stringify({ ...shown, files: Object.keys(files) })}\n` };
}

async function scratch(parent: string, files: Readonly<Record<string, string>>): Promise<Scratch> {
  const folder = await mkdtemp(join(parent, 'autoresearch-call-'));
  const [home, temporary] = [join(folder, 'home'), join(folder, 'tmp')];
  await chmod(folder, 0o700);
  await Promise.all([mkdir(home), mkdir(temporary)]);
  await Promise.all(Object.entries(files).map(([name, body]) => writeFile(join(folder, name), body)));
  return {
    folder,
    env: { HOME: home, TMPDIR: temporary, LANG: 'C.UTF-8' },
    brief: files['brief.json']!.trimEnd(),
    trainPy: () => plainFile(join(folder, 'train.py')),
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** Never what a link points to, nor a pipe that nobody writes: the command made what lies here. */
async function plainFile(path: string): Promise<string | null> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch(() => null);
  if (file === null) return null;
  try {
    const { size } = await file.stat();
    if (!(await file.stat()).isFile() || size > FILE_BYTES) return null;
    return text(await file.readFile());
  } finally {
    await file.close();
  }
}

function historyOf(past: readonly PastExperiment[]): string {
  const head = ['experiment', 'status', 'val_bpb', 'base_bpb', 'change', 'source', 'error', 'description'];
  const rows = past.map((p) => [
    p.experiment,
    p.status,
    p.valBpb?.toFixed(6) ?? '',
    p.baseBpb?.toFixed(6) ?? '',
    p.valBpb === null || p.baseBpb === null ? '' : (p.valBpb - p.baseBpb).toFixed(6),
    p.source,
    p.error || p.reason,
    p.description,
  ]);
  return table(head, rows);
}

function importedOf(imported: readonly ImportedExperiment[]): string {
  const rows = imported.map((one) => [one.status, one.valBpb?.toFixed(6) ?? '', one.description]);
  return table(['status', 'val_bpb', 'description'], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `${cells.map((cell) => plainLine(cell).replaceAll('\t', ' ')).join('\t')}\n`;
  return [head, ...rows].map(line).join('');
}

function taskOf(count: number): string {
  return `# Your task

You are the proposer of an unattended research loop. Read program.md. It says what is wanted: a lower
val_bpb of train.py within a fixed budget. Think of ${count === 1 ? 'one experiment' : `${count} different experiments`}.

- train.py is the file under study. Only it can be changed.
- prepare.py is fixed. train.py must call its evaluate_bpb as before.
- history.tsv has what was tried, oldest first. imported.tsv, where there is one, has what a person
  tried elsewhere: its numbers do not compare with these.
- guidance.md has words from a person. brief.json has the rest: what is on trial now, and how the
  newest runs went. It also says which of your last ideas could not be used, and why.

Give each idea as one line of JSON on standard output, and nothing else in that line.

{"description": "NAME: what changes", "hypothesis": "why it helps", "train_py": "the whole new file"}

Instead of train_py there may be edits:

"edits": [{"search": "text that stands once", "replace": "text"}]

With neither, train.py as it then lies in this folder is the idea. Add "usd": 0.12 for what it cost.
`;
}

const FIX_TASK = `# Your task

An experiment crashed over a slip. The end of its log is in run.log, and the file that crashed is
train.py. What the experiment meant to do stands in brief.json. Mend the slip, and keep the idea.

Give the mended file as one line of JSON on standard output, and nothing else in that line.

{"description": "what was wrong", "train_py": "the whole new file"}

Instead of train_py there may be edits:

"edits": [{"search": "text that stands once", "replace": "text"}]

With neither, train.py as it then lies in this folder is the answer. Add "usd": 0.12 for what it cost.
`;
