// What files export: names that nobody else uses, and types of one name that two files declare.
import { bare, importsOf, isScript } from './imports.ts';

interface Declared {
  readonly name: string;
  readonly isType: boolean;
}

const KINDS = '(?:abstract\\s+)?(?:async\\s+)?(function\\*?|const|let|class|interface|type|enum)\\s+(\\w+)';
const EXPORTED = new RegExp(`^export\\s+(?:declare\\s+)?${KINDS}`, 'gm');
const DECLARED = new RegExp(`^(?:export\\s+)?(?:declare\\s+)?${KINDS}`, 'gm');

/** Names that a file exports and no other file imports. A .d.mts tells what the .mjs beside it exports. */
export function unusedExports(files: ReadonlyMap<string, string>): string[] {
  const scripts = [...files].filter(([path]) => isScript(path) && !path.endsWith('.d.mts'));
  const used = new Map<string, Set<string>>();
  for (const [path, text] of scripts)
    for (const { target, names } of importsOf(path, text, new Set())) {
      if (target === null) continue;
      used.set(target, new Set([...(used.get(target) ?? []), ...names]));
    }
  return scripts.flatMap(([path, text]) => {
    const users = used.get(path) ?? new Set();
    if (users.has('*')) return [];
    const unused = namesOf(text, EXPORTED).filter(({ name }) => !users.has(name));
    return unused.map(({ name }) => `${path} ${name}`);
  });
}

/** Names of types that one of the files exports and another one declares, exported or not. */
export function twinTypes(files: ReadonlyMap<string, string>): string[] {
  const typesOf = (text: string, pattern: RegExp) =>
    new Set(
      namesOf(text, pattern)
        .filter(({ isType }) => isType)
        .map(({ name }) => name),
    );
  const declared = [...files.values()].flatMap((text) => [...typesOf(text, DECLARED)]);
  const exported = new Set([...files.values()].flatMap((text) => [...typesOf(text, EXPORTED)]));
  const twins = declared.filter((name, i) => exported.has(name) && declared.indexOf(name) !== i);
  return [...new Set(twins)].sort();
}

function namesOf(text: string, pattern: RegExp): Declared[] {
  return [...bare(text).matchAll(pattern)].map(([, kind, name]) => ({
    name: name!,
    isType: ['class', 'interface', 'type', 'enum'].includes(kind!),
  }));
}
