// What the maintainer's documents say of the code is so: the picture of the rooms, the files they name, and each room's README.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BEGIN, END, importsOf, pictureOf, withPicture } from '../architecture/picture.ts';
import { type Rules, rules } from '../architecture/rules.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const isThere = (path: string) => existsSync(join(root, path));

const documents = ['DESIGN.md', ...markdownIn('docs'), ...markdownIn('docs/decisions')];

function markdownIn(folder: string): string[] {
  const names = readdirSync(join(root, folder)).filter((name) => name.endsWith('.md'));
  return names.map((name) => `${folder}/${name}`);
}

/** Folders with source files, and those right below the ones named second, by their path. */
function rooms(): string[] {
  const found = new Set(['images', 'charts', 'manifests', 'test']);
  for (const top of ['controller', 'harness', 'test']) {
    for (const entry of readdirSync(join(root, top), { recursive: true, withFileTypes: true })) {
      const folder = entry.parentPath.slice(root.length + 1);
      if (/(^|\/)(\.venv|node_modules|__pycache__|\.pytest_cache|\.text)(\/|$)/.test(folder)) continue;
      if (!entry.isFile() || !/\.(ts|mjs|py)$/.test(entry.name)) continue;
      found.add(top === 'test' ? folder.split('/').slice(0, 2).join('/') : folder);
    }
  }
  return [...found].sort();
}

/** Paths of this repository that a text names in code; what has a placeholder in it is none. */
function pathsIn(text: string): string[] {
  const codes = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);
  return codes.filter((code) =>
    /^(controller|harness|test|images|charts|manifests|docs)\/[\w./-]*$/.test(code),
  );
}

test('the picture of the rooms in DESIGN.md is that of the rules; else run npx node test/architecture/draw.ts --write', () => {
  const design = read('DESIGN.md');
  expect(design).toBe(withPicture(design, pictureOf(rules)));
});

test.each(documents)('every file that %s names is there', (path) => {
  expect(pathsIn(read(path)).filter((named) => !isThere(named))).toEqual([]);
});

test('each invariant names a file that keeps it and a test that asserts it', () => {
  const rows = read('DESIGN.md')
    .split('\n')
    .filter((line) => /^\| \*\*I\d+\*\* \|/.test(line));
  expect(rows.map((row) => /I\d+/.exec(row)![0])).toEqual(Array.from({ length: 10 }, (_, i) => `I${i + 1}`));
  for (const row of rows) {
    const [kept, asserted] = row
      .split('|')
      .slice(3, 5)
      .map((cell) => pathsIn(cell));
    expect(
      kept!.filter((path) => !path.startsWith('test/')),
      row,
    ).not.toEqual([]);
    expect(
      asserted!.filter((path) => path.startsWith('test/')),
      row,
    ).not.toEqual([]);
  }
});

test('the glossary is in alphabetical order, and each word has a place that is there', () => {
  const rows = read('docs/glossary.md')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1);
  const words = rows.map((row) => row.split('|')[1]!.trim());
  expect(words.length).toBeGreaterThan(80);
  expect(words).toEqual(words.toSorted((a, b) => a.localeCompare(b, 'en')));
  expect(rows.filter((row) => !isThere(row.split('`').at(-2)!))).toEqual([]);
});

describe('a room', () => {
  test('is any folder of source files', () => {
    expect(rooms()).toEqual(
      expect.arrayContaining(['controller/core/log', 'harness/seal/confine', 'test/sim']),
    );
  });

  test.each(rooms())('%s has a README that says what it is for and where to begin', (room) => {
    const text = isThere(`${room}/README.md`) ? read(`${room}/README.md`) : '';
    expect(text).toMatch(/^# .+\n\n[A-Z`]/);
    expect(text).toContain('Begin with ');
    expect(text.split('\n').filter(Boolean).length).toBeLessThanOrEqual(7);
  });

  test.each([...importsOf(rules)].filter(([room]) => isThere(`controller/${room}/README.md`)))(
    '%s tells in its README what it may import',
    (room, imports) => {
      const text = read(`controller/${room}/README.md`).replace(/\n(?!\n)/g, ' ');
      expect(text).toContain(`May import: ${imports.join(', ') || 'nothing'}`);
    },
  );

  const inner = Object.entries(rules.arrows).filter(
    ([room]) => room.includes('/') && isThere(`controller/${room}/README.md`),
  );
  test.each(inner)('%s, a room inside a room, tells exactly what it may import', (room, imports) => {
    const text = read(`controller/${room}/README.md`).replace(/\n(?!\n)/g, ' ');
    expect(text).toContain(`May import: ${imports.join(', ')}.`);
  });
});

describe('the picture', () => {
  const small: Rules = {
    ...rules,
    arrows: {
      core: [],
      ports: ['core'],
      'adapters/web': ['core', 'ports'],
      cli: ['core', 'ports', 'adapters/web'],
      main: ['*'],
      test: ['*', 'test'],
    },
    homes: { zod: ['controller/'], undici: ['controller/adapters/web/'] },
  };

  test('leaves out what a longer way implies, and tests', () => {
    const arrows = pictureOf(small)
      .split('\n')
      .filter((line) => line.includes('-->'));
    expect(arrows.map((line) => line.trim())).toEqual([
      'ports --> core',
      'adapters --> ports',
      'cli --> adapters',
      'main --> cli',
    ]);
  });

  test('has a table of everything that may be imported, and of packages with one home', () => {
    const rows = pictureOf(small)
      .split('\n')
      .filter((line) => line.startsWith('| '));
    expect(rows).toEqual([
      '| room | may import | packages it may use |',
      '| core | nothing |  |',
      '| ports | core |  |',
      '| adapters | core, ports | `undici` |',
      '| cli | core, ports, adapters |  |',
      '| main | core, ports, adapters, cli |  |',
    ]);
  });

  test('replaces the one before, and nothing else', () => {
    expect(withPicture(`a\n${BEGIN}\nold\n${END}\nb\n`, 'new')).toBe(`a\n${BEGIN}\n\nnew\n\n${END}\nb\n`);
  });

  test('needs its marks', () => {
    expect(() => withPicture('a', 'new')).toThrow('the document needs a line <!-- rooms');
    expect(() => withPicture(`${END}\n${BEGIN}`, 'new')).toThrow('the document needs a line <!-- rooms');
  });
});
