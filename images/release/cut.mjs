// Cuts a release: its number in every place that holds one, its section in CHANGELOG.md, a commit and a tag.
//
//   node images/release/cut.mjs 0.2.0            changes the files, commits and tags; pushing the tag is yours
//   node images/release/cut.mjs --notes 0.2.0    prints what CHANGELOG.md says of it
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = execFileSync('git', ['rev-parse', '--show-toplevel'], { encoding: 'utf8' }).trim();
const CHANGELOG = 'CHANGELOG.md';

/** Exit code 2: what was typed; 3: the checkout is not ready. */
function refuse(code, sentence) {
  console.error(sentence);
  process.exit(code);
}

/** @param {string} file @param {(text: string) => string} change */
function edit(file, change) {
  const path = join(root, file);
  const before = readFileSync(path, 'utf8');
  const after = change(before);
  if (after === before) refuse(3, `${file} has no place for the version; look at it, then run this again.`);
  writeFileSync(path, after);
  return file;
}

function notesOf(version) {
  const text = readFileSync(join(root, CHANGELOG), 'utf8');
  const begin = text.indexOf(`\n## [${version}]`);
  if (begin < 0) refuse(3, `${CHANGELOG} has no section ${version}; cut the release first.`);
  const rest = text.slice(text.indexOf('\n', begin + 1) + 1);
  const end = rest.indexOf('\n## [');
  return (end < 0 ? rest : rest.slice(0, end)).trim();
}

function cut(version) {
  const was = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
  if (execFileSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' }) !== '')
    refuse(3, 'The checkout has changes; commit or drop them, then run this again.');
  const day = new Date().toISOString().slice(0, 10);
  const all = (text) => text.replaceAll(was, version);
  const first = (text) => text.replace(`"version": "${was}"`, `"version": "${version}"`);
  const files = [
    edit('package.json', first),
    // Twice: its own and that of its root package.
    edit('package-lock.json', (text) => first(first(text))),
    edit('charts/autoresearch/Chart.yaml', (text) =>
      text.replace(/^(version|appVersion): .*/gm, (line) => line.replace(was, version)),
    ),
    edit('manifests/values.yaml', all),
    edit('manifests/autoresearch.yaml', all),
    edit('README.md', (text) => text.replaceAll(`--tag ${was}`, `--tag ${version}`).replaceAll(`--version ${was}`, `--version ${version}`)),
    edit('docs/kubernetes.md', (text) => text.replaceAll(`--tag ${was}`, `--tag ${version}`).replaceAll(`--version ${was}`, `--version ${version}`)),
    edit(CHANGELOG, (text) => text.replace('## [Unreleased]\n', `## [Unreleased]\n\n## [${version}] - ${day}\n`)),
  ];
  const git = (...words) => execFileSync('git', words, { cwd: root, stdio: 'inherit' });
  git('commit', '-q', '-m', `release: ${version}`, '--', ...files);
  git('tag', '-a', `v${version}`, '-m', `autoresearch ${version}`);
  console.log(`v${version} is committed and tagged here; push both to release it: git push --follow-tags`);
}

const words = process.argv.slice(2);
const version = words.at(-1) ?? '';
if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version) || (words.length === 2 && words[0] !== '--notes') || words.length > 2)
  refuse(2, 'Give the version: node images/release/cut.mjs [--notes] 0.2.0');
if (words[0] === '--notes') console.log(notesOf(version));
else cut(version);
