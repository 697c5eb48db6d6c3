// A unified diff as lines to show, with the words that changed in a line that was replaced by another.

/** A piece of a line; `changed` where its partner has something else. */
interface WordsOfLine {
  readonly text: string;
  readonly changed: boolean;
}

interface DiffLine {
  readonly kind: 'same' | 'added' | 'gone' | 'place';
  readonly pieces: readonly WordsOfLine[];
}

/** What stands before the first place: names of files say nothing here, for there is one. */
const NAMES = /^(\+\+\+ |--- |={4,}|Index: )/;
const NO_NEWLINE = /^\\ No newline/;
/** Longer lines are compared as a whole: it takes the square of their words. */
const WORDS_AT_MOST = 200;

export function diffLines(diff: string): DiffLine[] {
  const lines: DiffLine[] = [];
  let gone: string[] = [];
  let added: string[] = [];
  const flush = () => {
    const pairs = gone.length === added.length ? gone.map((line, i) => wordsOf(line, added[i]!)) : null;
    const told = (kind: DiffLine['kind'], texts: readonly string[], side: 0 | 1) =>
      lines.push(...texts.map((line, i) => ({ kind, pieces: pairs?.[i]?.[side] ?? whole(line) })));
    told('gone', gone, 0);
    told('added', added, 1);
    [gone, added] = [[], []];
  };
  let inside = false;
  for (const raw of diff.replace(/\n$/, '').split('\n')) {
    const line = raw.replace(/\r$/, '');
    inside ||= line.startsWith('@@');
    if (inside ? NO_NEWLINE.test(line) : NAMES.test(line)) continue;
    if (line[0] === '-' && added.length === 0) gone.push(line.slice(1));
    else if (line[0] === '+') added.push(line.slice(1));
    else {
      flush();
      if (line[0] === '-') gone.push(line.slice(1));
      else if (line.startsWith('@@')) lines.push({ kind: 'place', pieces: whole(line) });
      else lines.push({ kind: 'same', pieces: whole(line.slice(1)) });
    }
  }
  flush();
  return lines;
}

function whole(text: string): WordsOfLine[] {
  return [{ text, changed: false }];
}

/** Both lines in pieces: what they share, and what they do not. */
function wordsOf(before: string, after: string): [WordsOfLine[], WordsOfLine[]] {
  const [a, b] = [tokens(before), tokens(after)];
  if (a.length > WORDS_AT_MOST || b.length > WORDS_AT_MOST) return [whole(before), whole(after)];
  // Longest common subsequence of the words.
  const longest = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      longest[i]![j] =
        a[i] === b[j] ? longest[i + 1]![j + 1]! + 1 : Math.max(longest[i + 1]![j]!, longest[i]![j + 1]!);
  const [left, right]: [WordsOfLine[], WordsOfLine[]] = [[], []];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      add(left, a[i++]!, false);
      add(right, b[j++]!, false);
    } else if (j >= b.length || (i < a.length && longest[i + 1]![j]! >= longest[i]![j + 1]!))
      add(left, a[i++]!, true);
    else add(right, b[j++]!, true);
  }
  return [left, right];
}

function tokens(line: string): string[] {
  return line.match(/\w+(?:\.\d+)?(?:e[-+]?\d+)?|\s+|[^\w\s]/g) ?? [];
}

function add(pieces: WordsOfLine[], text: string, changed: boolean): void {
  const last = pieces.at(-1);
  if (last?.changed === changed) pieces[pieces.length - 1] = { text: last.text + text, changed };
  else pieces.push({ text, changed });
}
