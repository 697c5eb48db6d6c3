// An edit as a person reads it.
import { text } from '../../std/text.ts';
import { colour, lines } from './terminal.ts';

/** The lines of a patch that were taken away or added, coloured, without what stands around them; at most so many. */
export function editLines(patch: string, most: number): string[] {
  const all = patch.split('\n');
  // Before the first place stand names of files, which begin as what was changed does.
  const from = all.findIndex((line) => line.startsWith('@@'));
  const changed = from < 0 ? [] : all.slice(from + 1).filter((line) => /^[-+]/.test(line));
  const shown = changed.length > most ? changed.slice(0, most - 1) : changed;
  const left = changed.length - shown.length;
  return [
    ...shown.map((line) => coloured(line.trimEnd())),
    ...(left > 0 ? [`… and ${left} lines more`] : []),
  ];
}

/** Writes a patch: in colours at a terminal that shows them, byte for byte where it is piped or redirected. */
export function printPatch(patch: Uint8Array): void {
  if (process.stdout.isTTY) process.stdout.write(lines(text(patch)).split('\n').map(coloured).join('\n'));
  else process.stdout.write(patch);
}

function coloured(line: string): string {
  if (/^(---|\+\+\+|@@|=====)/.test(line)) return colour('cyan', line);
  return line.startsWith('+') ? colour('green', line) : line.startsWith('-') ? colour('red', line) : line;
}
