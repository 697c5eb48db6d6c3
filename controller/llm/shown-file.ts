// The frontier's train.py as a model is shown it: an earlier one, which stays in the cache for long, and what was changed since.
import { createTwoFilesPatch } from 'diff';
import type { Brief, ShownDiff } from '../brief.ts';

type KeptFile = NonNullable<Brief['keeps']>[number];

/** Keeps whose changes are told, at least; their beginning moves by so many at once, so that what is cached stays for long. */
const CHANGES_TOLD = 3;
const CHANGES_STEP = 9;
/** What was changed takes at most this share of the file, beyond which a newer file is shown. */
const CHANGES_SHARE = 0.5;
/** Lines of a patch that name its files, and those that show where a change is. */
const HEAD_LINES = 3;
const CONTEXT_LINES = 2;

/** What a keep changed, in words and as a patch. */
export interface Change {
  readonly experiment: string;
  readonly text: string;
}

/** `changes`: oldest first; none where the file is the frontier's. */
interface ShownFile {
  readonly file: string;
  readonly changes: readonly Change[];
}

export function shownFile({ trainPy, keeps = [] }: Pick<Brief, 'trainPy' | 'keeps'>): ShownFile {
  const { shown, since } = sinceWhich(keeps);
  const whose =
    shown === null ? "The frontier's train.py" : `train.py as experiment ${Number(shown.experiment)} left it`;
  return {
    file: `${whose}:\n${fenced('train.py', shown?.trainPy ?? trainPy)}`,
    changes: since.map(({ experiment, patch }) => ({
      experiment,
      text: `Changed since then by experiment ${Number(experiment)}:\n<change>\n${patch}</change>`,
    })),
  };
}

/** The file that is shown, and the changes since. What more keeps add never alters this, but where a newer file is shown. */
function sinceWhich(all: readonly KeptFile[]): { shown: KeptFile | null; since: ShownDiff[] } {
  const from = Math.floor(Math.max(0, all.length - 1 - CHANGES_TOLD) / CHANGES_STEP) * CHANGES_STEP;
  const keeps = all.slice(from);
  let shown = keeps[0] ?? null;
  let since: ShownDiff[] = [];
  for (const [i, keep] of keeps.entries()) {
    if (i === 0) continue;
    since.push({ experiment: keep.experiment, patch: patchOf(keeps[i - 1]!.trainPy, keep.trainPy) });
    const most = CHANGES_SHARE * shown!.trainPy.length;
    if (lengthOf(since) <= most) continue;
    // Half of the room is left, so that the next keep does not move it again.
    while (lengthOf(since) > most / 2) since = since.slice(1);
    shown = keeps[i - since.length]!;
  }
  return { shown, since };
}

function lengthOf(since: readonly ShownDiff[]): number {
  return since.reduce((sum, { patch }) => sum + patch.length, 0);
}

/** The hunks alone. */
function patchOf(before: string, after: string): string {
  const patch = createTwoFilesPatch('a', 'b', before, after, undefined, undefined, {
    context: CONTEXT_LINES,
  });
  return patch.split('\n').slice(HEAD_LINES).join('\n');
}

export function fenced(name: string, text: string): string {
  return `<file name="${name}">\n${text}${text.endsWith('\n') ? '' : '\n'}</file>`;
}
