// Edits of train.py as a language model writes them, within the size that one may have.
import { tooLarge } from '../intent.ts';
import { apply as applied, type Edit, type Edited } from '../std/edits.ts';
import { bytesIn } from '../std/text.ts';

/** `too_large`, or why the edits cannot be made; a sentence ends with what to do. */
type SizedEdit =
  | Edited
  | { readonly kind: 'refused'; readonly reason: 'too_large'; readonly sentence: string };

export function apply(text: string, edits: readonly Edit[]): SizedEdit {
  const edited = applied(text, edits);
  return edited.kind === 'edited' ? sized(edited.text) : edited;
}

/** The whole new file, unless it is too large. */
export function sized(text: string): SizedEdit {
  const large = tooLarge(bytesIn(text));
  return large === null
    ? { kind: 'edited', text }
    : { kind: 'refused', reason: 'too_large', sentence: large };
}
