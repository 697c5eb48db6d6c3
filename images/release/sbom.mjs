// What is in a release, as CycloneDX: packages of npm from the lock file, and of Python from the trainers' lock files.
//
//   node images/release/sbom.mjs controller|cpu|gpu > sbom.json
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const [of] = process.argv.slice(2);

/** Of a uv.lock: its packages with name, version and the hashes of what is installed. */
function fromUvLock(text) {
  return text
    .split(/^\[\[package\]\]$/m)
    .slice(1)
    .filter((block) => !/^source = \{ (?:virtual|editable)/m.test(block))
    .map((block) => {
      const word = (key) => new RegExp(`^${key} = "([^"]+)"`, 'm').exec(block)?.[1];
      const [name, version] = [word('name'), word('version')];
      const hashes = [...new Set([...block.matchAll(/sha256:([0-9a-f]{64})/g)].map(([, content]) => content))];
      const purl = `pkg:pypi/${name}@${version}`;
      return {
        type: 'library',
        'bom-ref': purl,
        name,
        version,
        purl,
        hashes: hashes.map((content) => ({ alg: 'SHA-256', content })),
      };
    });
}

if (of === 'controller') {
  const npm = ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--package-lock-only'];
  process.stdout.write(execFileSync('npm', npm, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 }));
} else if (of === 'cpu' || of === 'gpu') {
  const components = fromUvLock(readFileSync(join(root, 'harness', of, 'uv.lock'), 'utf8'));
  const component = { type: 'container', name: 'autoresearch-trainer', version };
  console.log(JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1, metadata: { component }, components }, null, 2));
} else {
  console.error('Say of what: node images/release/sbom.mjs controller, cpu or gpu');
  process.exit(2);
}
