// Search/replace edits of a text, as a language model writes them.

export interface Edit {
  /** Text that stands exactly once in the file, white space included. */
  readonly search: string;
  readonly replace: string;
}

export type Edited =
  | { readonly kind: 'edited'; readonly text: string }
  | {
      readonly kind: 'refused';
      readonly reason: 'none' | 'empty' | 'absent' | 'ambiguous' | 'overlap' | 'unchanged';
      /** Names the edit at fault and ends with what to do. */
      readonly sentence: string;
    };

/** Makes all edits at once: each is looked up in `text` as it is now, so their order does not matter. */
export function apply(text: string, edits: readonly Edit[]): Edited {
  if (edits.length === 0) return refused('none', 'there are no edits; give at least one');
  const places: { at: number; end: number; replace: string; n: number }[] = [];
  for (const [i, { search, replace }] of edits.entries()) {
    const n = i + 1;
    if (search === '') return refused('empty', `edit ${n} searches for nothing; quote the lines to replace`);
    const at = text.indexOf(search);
    if (at < 0)
      return refused(
        'absent',
        `edit ${n} is not in train.py: ${quote(search)}; copy the text exactly, with its spaces`,
      );
    if (text.indexOf(search, at + 1) >= 0)
      return refused(
        'ambiguous',
        `edit ${n} matches more than once: ${quote(search)}; quote more lines around it`,
      );
    places.push({ at, end: at + search.length, replace, n });
  }
  places.sort((a, b) => a.at - b.at);
  let edited = '';
  let from = 0;
  for (const { at, end, replace, n } of places) {
    if (at < from) return refused('overlap', `edit ${n} overlaps another one; make them one edit`);
    edited += text.slice(from, at) + replace;
    from = end;
  }
  edited += text.slice(from);
  if (edited === text) return refused('unchanged', 'the edits leave train.py as it is; change something');
  return { kind: 'edited', text: edited };
}

function quote(search: string): string {
  const line = search.trim().split('\n')[0]!;
  return JSON.stringify(line.length > 60 ? `${line.slice(0, 59)}…` : line);
}

function refused(reason: Extract<Edited, { kind: 'refused' }>['reason'], sentence: string): Edited {
  return { kind: 'refused', reason, sentence };
}
