// Pieces of the pages that are made from the sources: plain Markdown, wrapped.

const COLUMNS = 100;
export const MADE = '<!-- Made from the sources by `npm run verify -- --write`: edit those. -->';

/** One paragraph, or one item of a list with its lines below the text. */
export function wrapped(text: string, first = ''): string {
  const lines: string[] = [];
  let line = first;
  for (const word of words(text)) {
    const longer = line === first || line === ' '.repeat(first.length) ? line + word : `${line} ${word}`;
    if (longer.length > COLUMNS && line.trim() !== '' && line !== first) {
      lines.push(line);
      line = ' '.repeat(first.length) + word;
    } else line = longer;
  }
  return [...lines, line].join('\n');
}

export function item(text: string): string {
  return wrapped(text, '- ');
}

export function code(value: unknown): string {
  return `\`${typeof value === 'string' && value !== '' ? value : JSON.stringify(value)}\``;
}

/** Begins with a capital and ends with a full stop. */
export function sentenceOf(text: string): string {
  const first = text[0]!.toUpperCase() + text.slice(1);
  return /[.!?:]$/.test(first) ? first : `${first}.`;
}

/** What may not be torn apart: code stays on one line. */
function words(text: string): string[] {
  return text.match(/(?:`[^`]*`|[^\s`])+/g) ?? [];
}
