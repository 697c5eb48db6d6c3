// Carrying an edit onto a newer file by three-way merge, line by line.
import { diff3Merge } from 'node-diff3';

/** The merge of `theirs` (an edit of `base`) into `ours`, or null where both changed the same lines differently. */
export function merge(ours: string, base: string, theirs: string): string | null {
  const regions = diff3Merge(ours.split('\n'), base.split('\n'), theirs.split('\n'), {
    excludeFalseConflicts: true,
  });
  const lines: string[] = [];
  for (const region of regions) {
    if (!region.ok) return null;
    for (const line of region.ok) lines.push(line);
  }
  return lines.join('\n');
}
