// Reads source files and says where they break the rules. Pure: the files are given as a map from path to text.
import { posix } from 'node:path';
import type { Rules } from './rules.ts';

/** `path` is relative to the repository, with slashes; `sentence` says what to do instead. */
export interface Violation {
  readonly path: string;
  readonly rule: 'arrow' | 'home' | 'pure' | 'name' | 'length' | 'barrel' | 'environment' | 'import';
  readonly sentence: string;
}

export function violations(files: ReadonlyMap<string, string>, rules: Rules): Violation[] {
  const found: Violation[] = [];
  for (const [path, text] of files) {
    found.push(...ofName(path, rules), ...ofLength(path, text, rules));
    if (/\.(ts|mjs)$/.test(path)) found.push(...ofCode(path, bare(text), rules));
  }
  for (const path of Object.keys(rules.longer)) {
    const lines = linesOf(files.get(path) ?? '');
    // Well below, so that one edit does not put a file on the list and the next one takes it off.
    if (lines < 0.8 * mostLines(path, rules))
      found.push({
        path,
        rule: 'length',
        sentence: `has ${lines} lines; take it off the list of longer files`,
      });
  }
  return found;
}

function ofName(path: string, rules: Rules): Violation[] {
  const words = posix
    .basename(path)
    .toLowerCase()
    .replace(/\.\w+$/, '')
    .split(/[^a-z0-9]+/);
  const word = words.find((one) => rules.forbiddenWords.test(one));
  if (!word) return [];
  return [{ path, rule: 'name', sentence: `'${word}' names no idea; use a noun of docs/glossary.md` }];
}

function ofLength(path: string, text: string, rules: Rules): Violation[] {
  const lines = linesOf(text);
  if (lines <= mostLines(path, rules) || path in rules.longer) return [];
  return [
    {
      path,
      rule: 'length',
      sentence: `has ${lines} lines; look for the missing noun, or list it with a reason`,
    },
  ];
}

function mostLines(path: string, rules: Rules): number {
  return path.startsWith('test/') ? rules.mostLines.test : rules.mostLines.elsewhere;
}

function ofCode(path: string, code: string, rules: Rules): Violation[] {
  const room = roomOf(path, rules);
  if (room === null)
    return [{ path, rule: 'arrow', sentence: 'lies in no room; give it one with its arrows' }];
  const found: Violation[] = [];
  const imports = importsOf(code);
  for (const specifier of imports) found.push(...ofImport(path, room, specifier, rules));
  if (/\brequire\(|\bimport\(\s*[^'"\s]/.test(code) && room !== 'test')
    found.push({
      path,
      rule: 'import',
      sentence: 'imports what cannot be read from the source; name it in quotes',
    });
  if (room === 'core') {
    const touched = rules.impure.map((sign) => sign.exec(code)?.[0]).find((sign) => sign !== undefined);
    if (touched)
      found.push({ path, rule: 'pure', sentence: `uses ${touched}; core gets such things as arguments` });
  }
  // Where programs lie is no setting, and not to be configured.
  if (/\bprocess\.env\b(?!\.PATH\b)/.test(code) && !['cli', 'main', 'setup', 'test', 'wiring'].includes(room))
    found.push({ path, rule: 'environment', sentence: 'reads the environment; take a plain value instead' });
  const statements = code.split(';').map((one) => one.trim());
  if (
    room !== 'test' &&
    statements.every((one) => one === '' || /^export\b[^=]*\bfrom\b/s.test(one)) &&
    code.trim()
  )
    found.push({ path, rule: 'barrel', sentence: 'only hands on what others export; import from there' });
  return found;
}

function ofImport(path: string, room: string, specifier: string, rules: Rules): Violation[] {
  if (specifier.startsWith('node:')) {
    if (room !== 'core') return [];
    return [{ path, rule: 'pure', sentence: `imports ${specifier}; core does no I/O` }];
  }
  if (!specifier.startsWith('.')) return ofPackage(path, room, specifier, rules);
  const target = posix.join(posix.dirname(path), specifier);
  const to = roomOf(target, rules);
  const allowed = rules.arrows[room.replace(/\/.*/, '')] ?? [];
  if (to === room || (to !== null && allowed.includes(to))) return [];
  if (to !== null && to !== 'test' && allowed.includes('*')) return [];
  return [{ path, rule: 'arrow', sentence: `${room} may not import ${target} (${to ?? 'no room'})` }];
}

function ofPackage(path: string, room: string, specifier: string, rules: Rules): Violation[] {
  if (room === 'test') return [];
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const homes = room === 'setup' ? [] : rules.homes[name];
  if (homes?.some((home) => path.startsWith(home)) && (room !== 'core' || purePackages(rules).has(name)))
    return [];
  const where = homes?.length ? `it lives in ${homes.join(', ')}` : 'it has no home here';
  return [{ path, rule: 'home', sentence: `imports ${name}; ${where}` }];
}

/** Packages that core may use: values in, values out. */
function purePackages(rules: Rules): Set<string> {
  const inCore = Object.entries(rules.homes).filter(([, homes]) => homes.includes('controller/core/'));
  return new Set(['zod', ...inCore.map(([name]) => name)]);
}

function roomOf(path: string, rules: Rules): string | null {
  for (const { holds, room } of rules.rooms) {
    const match = holds.exec(path);
    if (match) return room.replace('$1', match[1] ?? '');
  }
  return null;
}

/** Every module that the code names: import, export from, import(), and their type-only forms. */
function importsOf(code: string): string[] {
  const named = code.matchAll(/\b(?:import|export)\b[^'"();]*?\bfrom\s*(['"])([^'"]+)\1/g);
  const bareOnes = code.matchAll(/\bimport\s*\(?\s*(['"])([^'"]+)\1/g);
  return [...named, ...bareOnes].map((match) => match[2]!);
}

/** The code without its comments; quoted text that is no module's name is emptied. */
function bare(text: string): string {
  const tokens = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;
  return text.replace(tokens, (token, at: number) => {
    if (token.startsWith('/')) return ' ';
    const names = /(?:\bfrom|\bimport|\bimport\(|\brequire\()\s*$/.test(text.slice(Math.max(0, at - 20), at));
    return names ? token : token[0]! + token[0]!;
  });
}

function linesOf(text: string): number {
  return text === '' ? 0 : text.replace(/\n$/, '').split('\n').length;
}
