// What a person tried before this lane, as a prompt shows it.
import type { ImportedExperiment } from '../brief.ts';
import { bytesIn, plainLine } from '../std/text.ts';

const MOST_BYTES = 8192;
const LINE_CHARACTERS = 200;

const HEAD =
  'Experiments of a person, made elsewhere and before this lane, oldest first. Their numbers do not compare with those of the history: learn from them what may be worth a try, or is not.';

/** At most 8 KiB, the newest; '' where nothing was imported. */
export function importedSummary(imported: readonly ImportedExperiment[]): string {
  if (imported.length === 0) return '';
  const lines: string[] = [];
  let bytes = bytesIn(HEAD);
  for (const one of imported.toReversed()) {
    const line = lineOf(one);
    bytes += bytesIn(line) + 1;
    if (bytes > MOST_BYTES) break;
    lines.unshift(line);
  }
  const left = imported.length - lines.length;
  return [HEAD, ...(left > 0 ? [`- and ${left} older ones`] : []), ...lines].join('\n');
}

function lineOf({ description, status, valBpb }: ImportedExperiment): string {
  const result = valBpb === null ? status : `${status} ${valBpb.toFixed(6)}`;
  return `- ${result} ${plainLine(description, LINE_CHARACTERS)}`;
}
