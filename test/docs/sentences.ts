// Splits the prose of a Markdown text into sentences. Tables, code blocks and headings are left out, and a piece of
// code counts as one word.
import { partsOf } from './markdown.ts';

const LIST_ITEM = /^\s*(?:[*+-]|\d+[.)])\s+/;
/** A block that is no prose: a heading, a row of a table, a rule, HTML, or a definition of a link. */
const NO_PROSE = /^ {0,3}(?:#{1,6}\s|\||(?:[-*_] *){3,}$|<|\[[^\]]+\]:\s)/;
/** Words with a dot that ends no sentence. */
const ABBREVIATIONS = /\b(?:e\.g|i\.e|etc|vs|cf)\./g;

export function sentencesOf(markdown: string): string[] {
  return blocksOf(partsOf(markdown).prose).flatMap((block) => splitOf(plain(block)));
}

export function wordsIn(sentence: string): number {
  return sentence.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

/** Paragraphs and items of lists, each on one line. */
function blocksOf(prose: string): string[] {
  const blocks: string[][] = [[]];
  for (const line of prose.split('\n')) {
    if (line.trim() === '' || NO_PROSE.test(line)) blocks.push([]);
    else if (LIST_ITEM.test(line)) blocks.push([line.replace(LIST_ITEM, '')]);
    else blocks.at(-1)!.push(line.replace(/^\s*>/, ''));
  }
  return blocks.map((lines) => lines.map((line) => line.trim()).join(' ')).filter(Boolean);
}

/** The words as a reader sees them. */
function plain(block: string): string {
  return block
    .replace(/(`+)(?!`).*?\1/g, 'CODE')
    .replace(/!\[[^\]]*\]\([^)]*\)/g, '')
    .replace(/\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])/g, '$1')
    .replace(/\*+/g, '')
    .replace(ABBREVIATIONS, (word) => word.replaceAll('.', ''));
}

function splitOf(text: string): string[] {
  const ends = /(?<=[.!?…]["')\]]*)\s+(?=["'([]*[\p{Lu}\p{N}])| · /u;
  return text
    .split(ends)
    .map((sentence) => sentence.trim())
    .filter((sentence) => wordsIn(sentence) > 0);
}
