// Text to bytes and back, and text from untrusted code made fit for one line of a terminal, a table or a prompt.

const encoder = new TextEncoder();
/** A byte order mark is part of a train.py and of its sha256. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** From UTF-8; what is none becomes U+FFFD. */
export function text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Bytes of UTF-8. */
export function bytesIn(text: string): number {
  return encoder.encode(text).length;
}

/** Lines that end as they do here: without carriage returns, or a byte order mark before the first. Python reads the same. */
export function newlines(text: string): string {
  return text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
}

/** The same as a file: its last line ends, too, and only once. */
export function asFile(text: string): string {
  return `${newlines(text).replace(/\n+$/, '')}\n`;
}

const ESC = String.fromCharCode(27);
const BEL = String.fromCharCode(7);
/** Terminal sequences: CSI (colours, cursor), OSC (titles, links), and two-character escapes. */
const ANSI = new RegExp(
  `${ESC}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\\\)?|[@-Z\\\\^_])`,
  'g',
);
/** Controls, what some readers take for the end of a line, and what shows nothing and yet changes what is shown (U+202E turns a line around). A tab is kept. */
const CONTROLS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Most text is nothing else: of ten thousand rows it is the cheapest question. */
const PLAIN = /^[\t -~]*$/;

/** Text without terminal sequences, control and format characters; tabs stay. Broken surrogates become U+FFFD. */
export function printable(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .toWellFormed()
    .replace(ANSI, '')
    .replace(CONTROLS, (c) => (c === '\t' ? c : ''));
}

/** Without line breaks: any run of white space is one space. */
export function oneLine(text: string): string {
  return text.replace(/[\s\u0085]+/g, ' ').trim();
}

/** A printable line; one of more than `most` characters ends in `…`. */
export function plainLine(text: string, most = Number.POSITIVE_INFINITY): string {
  const line = printable(oneLine(text)).trim();
  if (line.length <= most) return line;
  const characters = [...line];
  return characters.length <= most ? line : `${characters.slice(0, most - 1).join('')}…`;
}
