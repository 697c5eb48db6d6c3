// A run log as lines of text. It comes from untrusted code: it may be huge, binary, coloured or one endless line.

/** Only this much of a log's end is ever looked at, so that a 64 MB line costs what a short one does. */
const TAIL_BYTES = 64 * 1024;

const ESC = String.fromCharCode(27);
const BEL = String.fromCharCode(7);
/** Terminal sequences: CSI (colours, cursor), OSC (titles, links), and two-character escapes. */
const ANSI = new RegExp(
  `${ESC}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\\\)?|[@-Z\\\\^_])`,
  'g',
);
/** Controls, what some readers take for the end of a line, and what shows nothing and yet changes what is shown (U+202E turns a line around). A tab is kept. */
const CONTROLS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text without terminal sequences, control and format characters; tabs stay. Broken surrogates become U+FFFD. */
export function printable(text: string): string {
  return text
    .toWellFormed()
    .replace(ANSI, '')
    .replace(CONTROLS, (c) => (c === '\t' ? c : ''));
}

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
  return new TextDecoder().decode(bytes.subarray(Math.max(0, bytes.length - TAIL_BYTES)));
}
