// What the tests of the documents read in a Markdown file. CommonMark as far as our own documents use it.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const repository = join(import.meta.dirname, '..', '..');

/** Every Markdown file that git does not ignore, by its path in the repository. */
export function markdownFiles(): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.md'];
  const listed = execFileSync('git', args, { cwd: repository, encoding: 'utf8' }).split('\0');
  return [...new Set(listed)].filter((path) => path && existsSync(join(repository, path))).sort();
}

export function textOf(path: string): string {
  return readFileSync(join(repository, path), 'utf8');
}

export interface Fence {
  /** The words behind the backticks. */
  readonly info: readonly string[];
  /** The line in the file that its content begins at. */
  readonly line: number;
  readonly content: string;
}

interface Parts {
  readonly fences: readonly Fence[];
  /** The text with every fence and comment blanked out, so that line numbers stay. */
  readonly prose: string;
}

export function partsOf(markdown: string): Parts {
  const fences: Fence[] = [];
  const prose: string[] = [];
  let open: { mark: string; info: string[]; line: number; content: string[] } | null = null;
  for (const [i, line] of withoutComments(markdown).split('\n').entries()) {
    const mark = /^\s*(`{3,}|~{3,})(.*)$/.exec(line);
    if (open) {
      if (mark && mark[1]!.startsWith(open.mark) && mark[2]!.trim() === '') {
        fences.push({ ...open, content: open.content.join('\n') });
        open = null;
      } else open.content.push(line);
      prose.push('');
    } else if (mark) {
      open = { mark: mark[1]!, info: mark[2]!.trim().split(/\s+/), line: i + 2, content: [] };
      prose.push('');
    } else prose.push(line);
  }
  if (open) throw new Error(`the fence before line ${open.line} is never closed`);
  return { fences, prose: prose.join('\n') };
}

function withoutComments(markdown: string): string {
  return markdown.replace(/<!--.*?-->/gs, (comment) => comment.replace(/[^\n]/g, ''));
}

/** The anchors that GitHub gives to the headings of a text. */
export function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading] of partsOf(markdown).prose.matchAll(/^ {0,3}#{1,6}\s+(.*?)\s*#*$/gm)) {
    const plain = heading!.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = plain.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '').replace(/ /g, '-');
    let anchor = slug;
    for (let n = 1; anchors.has(anchor); n++) anchor = `${slug}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** The targets of links and pictures; what stands in code is none. */
export function linksOf(markdown: string): string[] {
  const prose = partsOf(markdown).prose.replace(/(`+)(?!`).*?\1/gs, '');
  const inline = [...prose.matchAll(/\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)/g)];
  const defined = [...prose.matchAll(/^ {0,3}\[[^\]]+\]:\s+<?([^\s>]+)/gm)];
  const html = [...prose.matchAll(/<(?:img|a|source)\b[^>]*?\b(?:src|href|srcset)="([^"\s]+)/g)];
  return [...inline, ...defined, ...html].map(([, target]) => target!);
}
