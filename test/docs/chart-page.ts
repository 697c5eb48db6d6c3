// The page of the chart, as `helm show readme` and a registry of charts show it: made from values.yaml and its comments.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMap, isScalar, isSeq, type Node, type Pair, parse, parseDocument, type YAMLMap } from 'yaml';

const chart = join(import.meta.dirname, '..', '..', 'charts', 'autoresearch');

interface Value {
  readonly key: string;
  readonly fallback: string;
  readonly says: string;
}

export async function chartPage(): Promise<string> {
  const about = parse(await readFile(join(chart, 'Chart.yaml'), 'utf8'));
  const document = parseDocument(await readFile(join(chart, 'values.yaml'), 'utf8'));
  const rows = valuesOf(document.contents as YAMLMap, '', '').map(
    ({ key, fallback, says }) => `| \`${key}\` | \`${cell(fallback)}\` | ${cell(says)} |`,
  );
  return `${HEAD}
${about.description} Version ${about.version}, for Kubernetes ${about.kubeVersion.replace(/^>=|-0$/g, '')} or later.

## Install
\`\`\`sh
helm install lab oci://registry.example/charts/autoresearch --version ${about.version} -n lab --create-namespace -f lab.yaml
helm test lab -n lab --timeout 1h      # waits until each lane has its first row
\`\`\`

No release has been published yet. From a clone install \`charts/autoresearch\`, and set
\`image.repository\` and \`image.digest\` to the controller's image that you built.

The smallest \`lab.yaml\` is a pool and a lane:

\`\`\`yaml
pools:
  - { name: cpu, image: "registry.example/autoresearch-trainer@sha256:…", clock: cpu, gpu: { count: 0 } }
lanes:
  - { name: main, pool: cpu, trainer: cpu, limits: { maxGpuHours: 10 } }
\`\`\`

## Upgrade
\`helm upgrade\` with your values. A controller that begins adopts the runs that are under way, and
lanes go on. What a lane was begun with stays: a budget, a pool, an image of runs or a slice of a GPU
that is another one is refused before any run, with what to do. Jobs and Leases of 0.1.0 before names
carried the release are adopted under their old names.

\`helm rollback\` works the same way, with one exception: an older release may not know records that a
newer one wrote. It then decides nothing and says so; upgrade again, and the lane goes on.

\`helm uninstall\` deletes the Jobs. It leaves the volume and the namespace of the runs.

## Values
Keys of lanes and pools are in the comments of \`values.yaml\`, and its schema refuses a mistyped one.

| value | default | what it is |
|---|---|---|
${rows.join('\n')}
`;
}

const HEAD =
  '<!-- Made by `npm run verify -- --write` from Chart.yaml and values.yaml: edit those. -->\n# autoresearch\n';

/** Every key that has a comment of its own, or a value that is no map; `before`: the comment above the first key. */
function valuesOf(map: YAMLMap, path: string, before: string): Value[] {
  return map.items.flatMap((item, i): Value[] => {
    const { key, value } = item as Pair<Node, Node | null>;
    if (!isScalar(key)) return [];
    const name = path ? `${path}.${key.value}` : String(key.value);
    const comment = key.commentBefore ?? (i === 0 ? before : '');
    // A key without a default is there as an example only, above the next one.
    const [, other] = /^ ([a-z]\w*):/m.exec(comment) ?? [];
    const example = path === '' && other !== undefined && other !== key.value;
    const first = example ? [{ key: other, fallback: '', says: described(comment, null) }] : [];
    const says = example ? '' : described(comment, value);
    if (isMap(value) && !value.flow && value.items.length > 0) {
      const own = says ? [{ key: name, fallback: '', says }] : [];
      return [...first, ...own, ...valuesOf(value as YAMLMap, name, value.commentBefore ?? '')];
    }
    return [...first, { key: name, fallback: value === null ? '' : shown(value), says }];
  });
}

/** What stands after `# --`, without the commented example below it; else the comment on the same line. */
function described(comment: string, value: Node | null): string {
  const lines = comment.split('\n').map((line) => line.trim());
  const begin = lines.findLastIndex((line) => line.startsWith('-- '));
  if (begin >= 0) {
    const rest = lines.slice(begin);
    const end = rest.findIndex((line) => /^\w[\w.]*:( |$)|^- /.test(line));
    return (end < 0 ? rest : rest.slice(0, end)).join(' ').slice(3).trim();
  }
  return (isScalar(value) || isMap(value) || isSeq(value) ? (value.comment ?? '') : '').trim();
}

function shown(value: Node): string {
  const text = JSON.stringify((value as { toJSON(): unknown }).toJSON());
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}

/** In a table a bar ends the cell. */
function cell(text: string): string {
  return text.replace(/\|/g, '\\|').replace(/\n/g, ' ');
}
