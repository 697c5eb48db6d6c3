// Label and field selectors as the API server reads them.
import { Refused, type Thing } from './objects.ts';

export type Matches = (thing: Thing) => boolean;

/** `a=b,c in (d,e),!f`; everything where empty. */
export function labelSelector(text: string): Matches {
  const tests = split(text).map((part): Matches => {
    const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(part);
    if (set) {
      const values = set[3]!.split(',').map((value) => value.trim());
      return (thing) => values.includes(labelOf(thing, set[1]!) ?? '\0') === (set[2] === 'in');
    }
    const equal = /^([^!=\s]+)\s*(==?|!=)\s*(\S*)$/.exec(part);
    if (equal) return (thing) => (labelOf(thing, equal[1]!) === equal[3]) === (equal[2] !== '!=');
    if (/^![^!=\s]+$/.test(part)) return (thing) => labelOf(thing, part.slice(1)) === undefined;
    if (/^[^!=\s]+$/.test(part)) return (thing) => labelOf(thing, part) !== undefined;
    throw new Refused(400, 'BadRequest', `unable to parse requirement: ${part}`);
  });
  return (thing) => tests.every((test) => test(thing));
}

/** `involvedObject.uid=x,type=Warning`; everything where empty. */
export function fieldSelector(text: string): Matches {
  const tests = split(text).map((part): Matches => {
    const [path, value] = part.split('=') as [string, string];
    return (thing) => {
      // biome-ignore lint/suspicious/noExplicitAny: a field path may lead anywhere in an object
      const found = path.split('.').reduce<any>((at, key) => at?.[key], thing);
      return (found ?? '') === value;
    };
  });
  return (thing) => tests.every((test) => test(thing));
}

function labelOf(thing: Thing, key: string): string | undefined {
  return thing.metadata.labels?.[key];
}

/** At commas that do not stand in parentheses. */
function split(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter(Boolean);
}
