// The frontier's train.py as a model puts it together from what it is shown.
import { applyPatch } from 'diff';

/** Throws where the changes do not fit the file. */
export function frontierFile({ system }: { readonly system: readonly { readonly text: string }[] }): string {
  const texts = system.map(({ text }) => text);
  const shown = texts.find((text) => /^(?:train\.py as|The frontier's train\.py)/.test(text))!;
  let [, file] = /<file name="train\.py">\n([\s\S]*)<\/file>$/.exec(shown)!;
  for (const text of texts) {
    const [, patch] = /^Changed since then [^\n]*\n<change>\n([\s\S]*)<\/change>$/.exec(text) ?? [];
    if (patch === undefined) continue;
    const changed = applyPatch(file!, `--- a\n+++ b\n${patch}`);
    if (changed === false) throw new Error(`a change does not fit the file that is shown: ${text}`);
    file = changed;
  }
  return file!;
}
