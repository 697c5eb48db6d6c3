// Repairs of slips that Python itself describes so exactly that no understanding of the program is needed.
import type { FixBrief } from '../../brief.ts';

/** A repaired train.py, or null: where the repair is not certain, none is offered. */
export function repair({ trainPy, tail }: Pick<FixBrief, 'trainPy' | 'tail'>): string | null {
  const at = lastLineNumber(tail);
  if (at === null) return null;
  const lines = trainPy.split('\n');
  const line = lines[at - 1];
  if (line === undefined) return null;
  const message =
    tail
      .trimEnd()
      .split('\n')
      .findLast((l) => /^\w*Error: /.test(l)) ?? '';
  const statement = forgottenImport(message);
  if (statement) return insertImport(lines, statement);
  for (const rule of RULES) {
    const changed = rule(message, line, trainPy);
    if (changed !== null && changed !== line) return lines.with(at - 1, changed).join('\n');
  }
  return null;
}

/** The line at fault as it should be, or null where the rule does not apply. */
type Rule = (message: string, line: string, trainPy: string) => string | null;

/** Python's own guess at a misspelt name or attribute, where the wrong word stands once on the line. */
const suggested: Rule = (message, line) => {
  const match =
    /^NameError: name '(\w+)' is not defined\. Did you mean: '(\w+)'\?/.exec(message) ??
    /^AttributeError: .* has no attribute '(\w+)'\. Did you mean: '(\w+)'\?/.exec(message) ??
    /^ImportError: cannot import name '(\w+)' from .*\. Did you mean: '(\w+)'\?/.exec(message);
  return match && replaceWord(line, match[1]!, match[2]!);
};

/** A keyword that a function does not take, where Python names the one it takes. */
const keyword: Rule = (message, line) => {
  const match = /^TypeError: .* got an unexpected keyword argument '(\w+)'\. Did you mean '(\w+)'\?/.exec(
    message,
  );
  return match && replaceWord(line, match[1]!, match[2]!);
};

/** Modules whose name means nothing else; what they are called when imported. */
const MODULES: Readonly<Record<string, string>> = {
  math: 'import math',
  os: 'import os',
  sys: 'import sys',
  time: 'import time',
  random: 'import random',
  itertools: 'import itertools',
  functools: 'import functools',
  np: 'import numpy as np',
  numpy: 'import numpy',
};
function forgottenImport(message: string): string | undefined {
  const name = /^NameError: name '(\w+)' is not defined/.exec(message)?.[1];
  return name !== undefined && Object.hasOwn(MODULES, name) ? MODULES[name] : undefined;
}

/** A misspelt name without Python's guess: the one name of the program that is a single slip away. */
const closest: Rule = (message, line, trainPy) => {
  const name = /^NameError: name '(\w{4,})' is not defined/.exec(message)?.[1];
  if (name === undefined) return null;
  const words = new Set(trainPy.match(/\b[A-Za-z_]\w*\b/g));
  const near = [...words].filter((word) => word !== name && oneSlip(word, name));
  return near.length === 1 ? replaceWord(line, name, near[0]!) : null;
};

const colon: Rule = (message, line) => {
  if (!message.startsWith("SyntaxError: expected ':'")) return null;
  const [, code, comment] = /^([^#"']*?)(\s*(?:#.*)?)$/.exec(line) ?? [];
  return code ? `${code}:${comment}` : null;
};

/** A bracket that is never closed, on a line that closes all others: the missing one goes to its end. */
const bracket: Rule = (message, line) => {
  const open = /^SyntaxError: '([([{])' was never closed/.exec(message)?.[1];
  if (open === undefined || /["'#\\]/.test(line)) return null;
  const close = { '(': ')', '[': ']', '{': '}' }[open]!;
  if (line.split(open).length !== line.split(close).length + 1) return null;
  const [, code, rest] = /^(.*?)(:?\s*)$/.exec(line)!;
  return /[,(=[{]$/.test(code!) ? null : `${code}${close}${rest}`;
};

const RULES: readonly Rule[] = [suggested, keyword, closest, colon, bracket];

/** The last line of train.py that a traceback names. */
function lastLineNumber(tail: string): number | null {
  const frames = [...tail.matchAll(/^ {2}File "(?:[^"\n]*\/)?train\.py", line (\d+)/gm)];
  return frames.length === 0 ? null : Number(frames.at(-1)![1]);
}

function replaceWord(line: string, wrong: string, right: string): string | null {
  const word = new RegExp(`\\b${wrong}\\b`, 'g');
  return line.match(word)?.length === 1 ? line.replace(word, right) : null;
}

/** The import goes before the first one that is there, after a docstring and anything that must come first. */
function insertImport(lines: readonly string[], statement: string): string | null {
  const at = lines.findIndex((line) => /^(?:import|from) (?!__future__)/.test(line));
  return at < 0 ? null : lines.toSpliced(at, 0, statement).join('\n');
}

/** Whether two words differ by one character too many, too few, wrong, or by two neighbours swapped. */
function oneSlip(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start++;
  const [restA, restB] = [a.slice(start), b.slice(start)];
  if (restA.slice(1) === restB || restB.slice(1) === restA || restA.slice(1) === restB.slice(1)) return true;
  return (
    restA.length === restB.length &&
    restA[0] === restB[1] &&
    restA[1] === restB[0] &&
    restA.slice(2) === restB.slice(2)
  );
}
