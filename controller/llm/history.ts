// The history of a lane, whole: one line for each experiment, in blocks that never change once they are full.
import { type Brief, noneOlder, type Older, type PastExperiment } from '../brief.ts';
import type { Status } from '../core/decision.ts';
import { plainLine } from '../std/text.ts';

/** Experiments in a block. What is full is read from the cache ever after. */
export const BLOCK = 20;
/** Six hundred lines stay within forty thousand tokens. */
const BLOCK_TOKENS = 1320;
const DESCRIPTION_CHARACTERS = 140;
/** Of experiments that are too old for a line each. */
const KEPT_TOLD = 20;
const LEAST_CHARACTERS = 40;
/** A discard that lost no more than this share of the metric came close. */
const NEAR_SHARE = 0.003;
const PIECE = /[a-z]{1,4}|\p{N}{1,3}|\S/giu;

/** What a tokenizer makes of a text, at most as far as is known: four Latin letters, three digits or one sign are a token. */
export function tokensAtMost(text: string): number {
  return text.match(PIECE)?.length ?? 0;
}

/** The blocks that are full, and the lines since. Descriptions are other people's text: `clean` makes one line of each. */
export function tableOf(
  past: readonly PastExperiment[],
  clean: (said: string) => string,
): { blocks: string[]; since: string[] } {
  const full = Math.floor(past.length / BLOCK);
  const blocks = Array.from({ length: full }, (_, i) =>
    linesOf(past.slice(i * BLOCK, (i + 1) * BLOCK), clean).join('\n'),
  );
  return { blocks, since: linesOf(past.slice(full * BLOCK), clean) };
}

/** Of so many that are too old to be told, `kept` among them: the newest of these. '' where there are none. */
export function keptOf(
  kept: readonly PastExperiment[],
  count: number,
  clean: (said: string) => string,
): string {
  if (count === 0) return '';
  const head = `${count} older experiments are not told here. Kept among them, the newest last:`;
  return [head, ...linesOf(kept.slice(-KEPT_TOLD), clean)].join('\n');
}

/** What was changed is always told; why, as far as there is room. */
function linesOf(past: readonly PastExperiment[], clean: (said: string) => string): string[] {
  const facts = past.map((p) => `${Number(p.experiment)} ${outcome(p, clean)}`);
  const room = BLOCK_TOKENS - facts.reduce((sum, fact) => sum + tokensAtMost(fact), 0);
  const told = past.map((p) => plainLine(clean(p.description), DESCRIPTION_CHARACTERS));
  const whats = shortened(told, room);
  const left = room - whats.reduce((sum, what) => sum + tokensAtMost(what), 0);
  const each = left / Math.max(1, past.length) - 4;
  return past.map((p, i) => {
    const why = clipped(clean(p.hypothesis ?? ''), each);
    return `${facts[i]} | ${whats[i]}${why && ` | because ${why}`}`;
  });
}

/** All of them within so many tokens, the longest cut first. */
function shortened(told: readonly string[], tokens: number): string[] {
  for (let most = DESCRIPTION_CHARACTERS; most > LEAST_CHARACTERS; most -= 10) {
    const cut = told.map((one) => plainLine(one, most));
    if (cut.reduce((sum, one) => sum + tokensAtMost(one) + 1, 0) <= tokens) return cut;
  }
  return told.map((one) => plainLine(one, LEAST_CHARACTERS));
}

function clipped(said: string, tokens: number): string {
  if (tokens < 6) return '';
  let end = 0;
  for (const piece of [...said.matchAll(PIECE)].slice(0, Math.floor(tokens)))
    end = piece.index + piece[0].length;
  return said.slice(0, end);
}

/** Number, parent, how it ended, gain, steps and memory. */
function outcome(p: PastExperiment, clean: (said: string) => string): string {
  const made = p.parent === undefined || p.parent === null ? '' : ` on ${Number(p.parent)}`;
  const change = lossOf(p);
  const how =
    p.valBpb === null
      ? `${p.status} ${plainLine(clean(p.error || p.reason), 40)}`
      : `${wordOf(p)} ${p.baseBpb === null || p.status === 'keep' ? p.valBpb.toFixed(6) : ''}`.trimEnd();
  const by = Number.isFinite(change) ? ` ${signed(change)}` : '';
  const steps = p.steps ? ` ${p.steps} steps` : '';
  const memory = p.memoryMb ? ` ${p.memoryMb.toFixed(0)} MB` : '';
  return `${how}${by}${made}${steps}${memory}`;
}

/** A discard may be promising: its gain waits to be tried together with others. */
function wordOf({ status, reason }: PastExperiment): string {
  if (status !== 'discard') return status;
  if (reason === 'aboard' || reason === 'stale') return `${reason} (a gain that waits for a merge)`;
  return reason === 'unseen' ? 'discard (worse on unseen text)' : status;
}

/** What it lost against the commit it was made on. */
function lossOf(p: PastExperiment): number {
  return p.valBpb === null || p.baseBpb === null ? Number.POSITIVE_INFINITY : p.valBpb - p.baseBpb;
}

/** Discards that came close, the best first. */
export function nearMisses(past: readonly PastExperiment[]): PastExperiment[] {
  const close = (p: PastExperiment) => lossOf(p) <= (p.baseBpb ?? 0) * NEAR_SHARE;
  return past.filter((p) => p.status === 'discard' && close(p)).toSorted((a, b) => lossOf(a) - lossOf(b));
}

/** How many of what was decided are too old to be told. */
export function countOf({ keep, discard, crash }: Older): number {
  return keep + discard + crash;
}

/** Experiments since the last one that was kept. */
export function plateauOf({ past, older = noneOlder }: Pick<Brief, 'past' | 'older'>): number {
  const last = past.findLastIndex((p) => p.status === 'keep');
  return last < older.keep ? older.since + past.length - older.keep : past.length - 1 - last;
}

/** Where the lane stands, in a line or two. */
export function standing(brief: Pick<Brief, 'past' | 'older'>): string {
  const { past, older = noneOlder } = brief;
  const best = past.findLast((p) => p.status === 'keep');
  const baseline = past.find((p) => p.status === 'keep');
  if (!best || !baseline) return 'Nothing has been measured yet.';
  const told = past.slice(older.keep);
  const count = (status: Status) => older[status] + told.filter((p) => p.status === status).length;
  return (
    `${countOf(older) + told.length} experiments: ${count('keep')} kept, ${count('discard')} discarded, ${count('crash')} crashed. ` +
    `Baseline ${metric(baseline)}, best ${metric(best)}. Plateau: ${plateauOf(brief)} since the last keep.`
  );
}

function metric(p: PastExperiment): string {
  return p.valBpb === null ? 'no metric' : p.valBpb.toFixed(6);
}

function signed(difference: number): string {
  return `${difference < 0 ? '' : '+'}${difference.toFixed(6)}`;
}
