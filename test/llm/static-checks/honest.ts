// Edits of the CPU trainer. Those in honest/ were written by whoever had read train.py and not one rule of the static
// checks: what a person or a model would try. Those in idle/ change nothing. Each is text, its name and what it does:
//   = NAME            begins an edit
//   s/OLD/NEW/        replaces OLD wherever it stands; \n is a new line, \/ a slash
//   -LINE … +LINE …   replaces lines, which stand there once
//   @LINE !… +…       puts lines before and after a line, which stands there once
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Edit {
  readonly name: string;
  readonly does: readonly string[];
}

export const honest = editsIn('honest');

/** Edits after which the program is still the same one: other names, another order, code that does nothing. */
export const idle = editsIn('idle');

function editsIn(folder: string): Edit[] {
  const at = join(import.meta.dirname, folder);
  const files = readdirSync(at).toSorted();
  return files
    .flatMap((file) => readFileSync(join(at, file), 'utf8').split(/^= /m).slice(1))
    .map((edit) => {
      const [name, ...does] = edit.trimEnd().split('\n');
      return { name: name!, does };
    });
}

/** The file after the edit. Throws where the edit does not fit it any more. */
export function madeOf(file: string, { name, does }: Edit): string {
  let text = file;
  const replace = (old: string, made: string, most: number) => {
    const found = text.split(old).length - 1;
    if (found < 1 || found > most)
      throw new Error(`${name}: ${JSON.stringify(old)} stands there ${found} times`);
    text = text.replaceAll(old, () => made);
  };
  for (let at = 0; at < does.length; ) {
    const line = does[at++]!;
    const taken = (signs: string) => {
      const from = at;
      while (at < does.length && signs.includes(does[at]![0] ?? ' ')) at++;
      return does.slice(from, at);
    };
    const block = (lines: readonly string[], sign: string) =>
      lines
        .filter((one) => one.startsWith(sign))
        .map((one) => `${one.slice(1)}\n`)
        .join('');
    if (line.startsWith('s/')) {
      const [, old, made] = line.split(/(?<!\\)\//).map((part) => part.replaceAll('\\/', '/'));
      const written = (text: string) => text.replaceAll('\\n', '\n');
      replace(written(old!), written(made!), Number.POSITIVE_INFINITY);
    } else if (line.startsWith('@')) {
      const around = taken('+!');
      const there = `${line.slice(1)}\n`;
      replace(`\n${there}`, `\n${block(around, '!')}${there}${block(around, '+')}`, 1);
    } else {
      const old = [line, ...taken('-')].map((one) => one.slice(1)).join('\n');
      replace(
        old,
        taken('+')
          .map((one) => one.slice(1))
          .join('\n'),
        1,
      );
    }
  }
  return text;
}
