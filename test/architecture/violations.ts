// Reads source files and says where they break the rules. Pure: the files are given as a map from path to text.
import { posix } from 'node:path';
import { bare, type Import, importsOf, isScript } from './imports.ts';
import { roomOf } from './rooms.ts';
import type { Rules } from './rules.ts';

/** `path` is relative to the repository, with slashes; `sentence` says what to do instead. */
export interface Violation {
  readonly path: string;
  readonly rule: 'arrow' | 'home' | 'pure' | 'name' | 'length' | 'barrel' | 'environment' | 'import';
  readonly sentence: string;
}

/** What is wrong with each file by itself. */
export function violations(files: ReadonlyMap<string, string>, rules: Rules): Violation[] {
  const paths = new Set(files.keys());
  const found: Violation[] = [];
  for (const [path, text] of files) {
    found.push(...ofName(path, rules));
    if (!isScript(path) && !path.endsWith('.py')) continue;
    const room = roomOf(path, rules);
    if (room === null) {
      found.push({ path, rule: 'arrow', sentence: 'lies in no room; give it one with its arrows' });
      continue;
    }
    for (const one of importsOf(path, text, paths)) found.push(...ofImport(path, room, one, rules));
    if (isScript(path)) found.push(...ofCode(path, bare(text), room, rules));
  }
  return found;
}

function ofName(path: string, rules: Rules): Violation[] {
  const [name] = posix.basename(path).toLowerCase().split('.') as [string];
  const words = name.split(/[^a-z0-9]+/);
  const word = rules.forbiddenNames.exec(name)?.[0] ?? words.find((one) => rules.forbiddenWords.test(one));
  if (word)
    return [{ path, rule: 'name', sentence: `'${word}' names no idea; use a noun of docs/glossary.md` }];
  return [];
}

function ofCode(path: string, code: string, room: string, rules: Rules): Violation[] {
  const found: Violation[] = [];
  if (/\brequire\(|\bimport\(\s*[^'"\s]/.test(code) && room !== 'test')
    found.push({
      path,
      rule: 'import',
      sentence: 'imports what cannot be read from the source; name it in quotes',
    });
  if (isCore(room)) {
    const touched = rules.impure.map((sign) => sign.exec(code)?.[0]).find((sign) => sign !== undefined);
    if (touched)
      found.push({ path, rule: 'pure', sentence: `uses ${touched}; core gets such things as arguments` });
  }
  if (/\bprocess\.env\b/.test(code) && !['environment', 'setup', 'test'].includes(room))
    found.push({
      path,
      rule: 'environment',
      sentence: 'reads the shell; controller/environment.ts does that',
    });
  const statements = code.split(';').map((one) => one.trim());
  if (
    room !== 'test' &&
    statements.every((one) => one === '' || /^export\b[^=]*\bfrom\b/s.test(one)) &&
    code.trim()
  )
    found.push({ path, rule: 'barrel', sentence: 'only hands on what others export; import from there' });
  return found;
}

const isCore = (room: string) => /^core(\/|$)/.test(room);

function ofImport(path: string, room: string, { specifier, target }: Import, rules: Rules): Violation[] {
  if (target === null && path.endsWith('.py')) return []; // a package or a standard module
  if (specifier.startsWith('node:')) {
    if (!isCore(room)) return [];
    return [{ path, rule: 'pure', sentence: `imports ${specifier}; core does no I/O` }];
  }
  if (target === null) return ofPackage(path, room, specifier, rules);
  const to = roomOf(target, rules);
  const allowed = rules.arrows[room] ?? [];
  if (to === room || (to !== null && allowed.includes(to))) return [];
  if (to !== null && to !== 'test' && allowed.includes('*')) return [];
  return [{ path, rule: 'arrow', sentence: `${room} may not import ${target} (${to ?? 'no room'})` }];
}

function ofPackage(path: string, room: string, specifier: string, rules: Rules): Violation[] {
  if (room === 'test') return [];
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const homes = room === 'setup' ? [] : rules.homes[name];
  if (homes?.some((home) => path.startsWith(home)) && (!isCore(room) || purePackages(rules).has(name)))
    return [];
  const where = homes?.length ? `it lives in ${homes.join(', ')}` : 'it has no home here';
  return [{ path, rule: 'home', sentence: `imports ${name}; ${where}` }];
}

/** Packages that core may use: values in, values out. */
function purePackages(rules: Rules): Set<string> {
  const inCore = Object.entries(rules.homes).filter(([, homes]) => homes.includes('controller/core/'));
  return new Set(['zod', ...inCore.map(([name]) => name)]);
}
