// The rooms of DESIGN.md and what may cross their walls.

export interface Rules {
  /** First match wins. `room` may use $1 of `holds`. */
  readonly rooms: readonly { readonly holds: RegExp; readonly room: string }[];
  /** Rooms that a room may import from besides itself; `*` is every room of the controller. */
  readonly arrows: Readonly<Record<string, readonly string[]>>;
  /** Folders that may import a package. An SDK has one; what has more is a library of plain functions, or execa. */
  readonly homes: Readonly<Record<string, readonly string[]>>;
  /** What code that must be the same on every machine and at every time may not touch. */
  readonly impure: readonly RegExp[];
  /** A word of a file's name, without its extension. */
  readonly forbiddenWords: RegExp;
  /** Lines that a file may have, in the tests and elsewhere: a table of cases is long without being two ideas. */
  readonly mostLines: { readonly test: number; readonly elsewhere: number };
  /** Files that may be longer, each with the reason. */
  readonly longer: Readonly<Record<string, string>>;
}

const COMMAND = ['controller/cli/', 'controller/main.ts'];
const ADAPTERS = [
  'anthropic',
  'builtin',
  'clock',
  'directory',
  'git',
  'kubernetes',
  'process',
  'python-reader',
  's3',
].map((name) => `adapters/${name}`);

export const rules: Rules = {
  rooms: [
    { holds: /^controller\/core\//, room: 'core' },
    { holds: /^controller\/ports\.ts$/, room: 'ports' },
    { holds: /^controller\/intent\.ts$/, room: 'intent' },
    { holds: /^controller\/adapters\/([^/]+?)(?:\.ts|\/.*)$/, room: 'adapters/$1' },
    { holds: /^controller\/(failure)\.ts$/, room: 'failure' },
    { holds: /^controller\/(cli|llm|loop|observers|replay|report|settings|wiring)\//, room: '$1' },
    { holds: /^controller\/main\.ts$/, room: 'main' },
    { holds: /^controller\/(setup|autoresearch|node-flags)\b.*\.m[jt]s$/, room: 'setup' },
    { holds: /^images\//, room: 'images' },
    { holds: /^(test\/|vitest\.config\.ts$)/, room: 'test' },
  ],
  arrows: {
    core: [],
    ports: ['core'],
    intent: ['ports', 'core'],
    failure: [],
    llm: ['ports', 'core'],
    report: ['ports', 'core'],
    replay: ['ports', 'intent', 'core'],
    loop: ['ports', 'intent', 'core'],
    adapters: ['ports', 'intent', 'core', 'llm'], // llm: the model and the reader are its ports
    observers: ['loop', 'ports', 'core', ...ADAPTERS],
    settings: ['failure', 'core', ...ADAPTERS], // to say what a url or a pool may be
    wiring: [
      'settings',
      'loop',
      'llm',
      'replay',
      'report',
      'failure',
      'ports',
      'intent',
      'core',
      ...ADAPTERS,
    ],
    cli: ['*'],
    main: ['*'],
    setup: ['setup'], // runs before anything else is installed
    images: ['setup'],
    test: ['*', 'test'],
  },
  homes: {
    zod: ['controller/'],
    'node-diff3': ['controller/core/'],
    'csv-parse': ['controller/report/'],
    'csv-stringify': ['controller/report/', ...COMMAND],
    diff: ['controller/'],
    execa: ['controller/adapters/git/', 'controller/adapters/process/', 'controller/wiring/', ...COMMAND],
    'simple-git': ['controller/adapters/git/'],
    '@kubernetes/client-node': ['controller/adapters/kubernetes/'],
    undici: ['controller/adapters/kubernetes/'],
    'p-retry': ['controller/adapters/s3/'],
    '@aws-sdk/client-s3': ['controller/adapters/s3/'],
    '@anthropic-ai/sdk': ['controller/adapters/anthropic/'],
    'd3-array': ['controller/report/picture/'],
    'd3-scale': ['controller/report/picture/'],
    'd3-shape': ['controller/report/picture/'],
    esbuild: ['images/'],
    '@prometheus-io/client': ['controller/observers/'],
    commander: COMMAND,
    yaml: ['controller/settings/', ...COMMAND],
    pino: ['controller/observers/', ...COMMAND],
  },
  impure: [
    /\bDate\.now\b/,
    /\bnew Date\(\s*\)/,
    /\bMath\.random\b/,
    /\bprocess\./,
    /\bconsole\./,
    /\bperformance\./,
    /\bcrypto\./,
    /\bset(Timeout|Interval|Immediate)\b/,
    /\bfetch\(/,
    /\bglobalThis\b/,
  ],
  forbiddenWords:
    /^(manager|service|helper|util|handler|processor|engine)s?$|^(data|info|common|types|constants|index)$/,
  mostLines: { test: 450, elsewhere: 250 },
  longer: {
    'harness/seal/confine/levels.py':
      'the ways to confine a child, best first: what one lacks the next one has',
    'harness/seal/run.py': 'the order in which a run ends, and who is to blame, is one story',
    'harness/gpu_probe.py':
      'carried to a machine with a GPU and run there by itself: one file, nothing beside it',
    'harness/cpu/prepare.py':
      'the fixed half of the folder that a person clones and runs: it must be one file',
    'harness/cpu/train.py': 'the one file under study: splitting it would take it out of the research',
    'harness/gpu/prepare.py':
      'the fixed half of the folder that a person clones and runs: it must be one file',
    'harness/gpu/train.py': 'the one file under study: splitting it would take it out of the research',
  },
};
