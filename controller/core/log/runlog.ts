// A run log as lines of text. It comes from untrusted code: it may be huge, binary, coloured or one endless line.
import { printable, text } from '../../std/text.ts';

/** Only this much of a log's end is ever looked at, so that a 64 MB line costs what a short one does. */
const TAIL_BYTES = 64 * 1024;

/** The last lines of a log: split at LF and at CR, cleaned, trimmed at the end; empty ones are left out. */
export function lastLines(bytes: Uint8Array): string[] {
  return decodeTail(bytes)
    .split(/[\r\n]/)
    .map(clean)
    .filter((line) => line !== '');
}

/** What a terminal would show of the log's end (a line drawn over by CR shows its last state), at most `chars` long. */
export function shownTail(bytes: Uint8Array, chars = 4096): string {
  const shown = decodeTail(bytes)
    .split(/\r*\n/)
    .map((line) => clean(line.split('\r').findLast((part) => clean(part) !== '') ?? ''))
    .join('\n')
    .trim();
  return shown.slice(-chars).toWellFormed();
}

function clean(line: string): string {
  return printable(line).trimEnd();
}

/** A cut through a character leaves U+FFFD, which no rule matches. */
function decodeTail(bytes: Uint8Array): string {
  return text(bytes.subarray(Math.max(0, bytes.length - TAIL_BYTES)));
}
