// Which modules a source file names. TypeScript and Python, read from the text alone.
import { posix } from 'node:path';

/** One import: `target` is a file of the repository, or null where it is a package or a standard module. */
export interface Import {
  readonly specifier: string;
  readonly target: string | null;
  /** Exported names that it takes, `*` for all of them. Empty for an import for its effect, and for Python. */
  readonly names: readonly string[];
}

export const isScript = (path: string) => /\.m?[jt]sx?$/.test(path);

/** `files` are all paths there are: Python's imports are found among them. */
export function importsOf(path: string, text: string, files: ReadonlySet<string>): Import[] {
  if (path.endsWith('.py')) return pythonImports(path, text, files);
  return isScript(path) ? scriptImports(path, bare(text)) : [];
}

const CLAUSE = /\b(?:import|export)\b(?:\s+type\b)?([^'"();]*?)\bfrom\s*(['"])([^'"]+)\2/g;
const EFFECT = /\bimport\s*(['"])([^'"]+)\1/g;
const CALL = /\bimport\(\s*(['"])([^'"]+)\1/g;

/** import, export from, import(), and their type-only forms. */
function scriptImports(path: string, code: string): Import[] {
  const found: [string, string[]][] = [];
  for (const match of code.matchAll(CLAUSE)) found.push([match[3]!, namesIn(match[1]!)]);
  for (const match of code.matchAll(EFFECT)) found.push([match[2]!, []]);
  for (const match of code.matchAll(CALL)) found.push([match[2]!, ['*']]);
  return found.map(([specifier, names]) => {
    const target = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : null;
    return { specifier, target, names };
  });
}

/** `a, { type B, c as d }` takes default, B and c. */
function namesIn(clause: string): string[] {
  if (clause.includes('*')) return ['*'];
  const listed = /\{([^}]*)\}/.exec(clause)?.[1] ?? '';
  const names = listed.split(',').map((one) =>
    one
      .trim()
      .replace(/^type\s+/, '')
      .replace(/\s+as\s.*$/s, ''),
  );
  if (/^\s*\w/.test(clause)) names.push('default');
  return names.filter(Boolean);
}

const FROM = /^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)/gm;
const IMPORT = /^[ \t]*import[ \t]+([\w. \t,]+)/gm;

function pythonImports(path: string, text: string, files: ReadonlySet<string>): Import[] {
  const code = text.replace(/("""|''')[\s\S]*?\1/g, '').replace(/#[^\n]*/g, '');
  const modules: string[] = [];
  for (const [, module, names] of code.matchAll(FROM))
    for (const name of listed(names!.replace(/[()]/g, ''))) modules.push(`${module}.${name}`);
  for (const [, names] of code.matchAll(IMPORT)) modules.push(...listed(names!));
  const roots = [posix.dirname(path), 'harness'];
  const found = modules.map((specifier) => ({ specifier, target: moduleFile(specifier, roots, files) }));
  return found
    .filter(({ target }, i) => target === null || found.findIndex((one) => one.target === target) === i)
    .map((one) => ({ ...one, names: [] }));
}

function listed(names: string): string[] {
  return names
    .split(',')
    .map((one) => one.trim().replace(/\s+as\s.*$/s, ''))
    .filter(Boolean);
}

/** The file of `a.b.c`, which may be the name c of module a.b; then of `a.b`. */
function moduleFile(module: string, roots: readonly string[], files: ReadonlySet<string>): string | null {
  const parts = module.split('.');
  for (const length of [parts.length, parts.length - 1]) {
    if (length === 0) continue;
    const base = parts.slice(0, length).join('/');
    for (const root of roots)
      for (const file of [`${root}/${base}.py`, `${root}/${base}/__init__.py`])
        if (files.has(file)) return file;
  }
  return null;
}

/** The code without its comments; quoted text that is no module's name is emptied. */
export function bare(text: string): string {
  const tokens = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;
  return text.replace(tokens, (token, at: number) => {
    if (token.startsWith('/')) return ' ';
    const names = /(?:\bfrom|\bimport|\bimport\(|\brequire\()\s*$/.test(text.slice(Math.max(0, at - 20), at));
    return names ? token : token[0]! + token[0]!;
  });
}
