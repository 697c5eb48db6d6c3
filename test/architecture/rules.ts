// The rooms of the repository, what may cross their walls, and how a file may be named and how long it may be.

export interface Rules {
  /** First match wins. `room` may use $1 of `holds`. A folder that no pattern holds has no room, which is a fault. */
  readonly rooms: readonly { readonly holds: RegExp; readonly room: string }[];
  /** Rooms that a room may import from besides itself; `*` is every room but the tests. */
  readonly arrows: Readonly<Record<string, readonly string[]>>;
  /** Folders that may import a package. An SDK has one; what has more is a library of plain functions, or execa. */
  readonly homes: Readonly<Record<string, readonly string[]>>;
  /** What code that must be the same on every machine and at every time may not touch. */
  readonly impure: readonly RegExp[];
  /** A word of a file's name. */
  readonly forbiddenWords: RegExp;
  /** A file's whole name, without `.ts`, `.test.ts` and the like: a word that says something only beside another. */
  readonly forbiddenNames: RegExp;
  /** Lines that a file may have, in the tests and elsewhere: a table of cases is long without being two ideas. */
  readonly mostLines: { readonly test: number; readonly elsewhere: number };
  /** Files that may be longer, each with the reason. */
  readonly longer: Readonly<Record<string, string>>;
  /** Files that one folder may hold, those in folders below it not counted. */
  readonly mostFiles: number;
  /** Lines that these files may have together. */
  readonly together: readonly { readonly what: string; readonly files: RegExp; readonly mostLines: number }[];
}

const COMMAND = ['controller/cli/', 'controller/main.ts'];
const K8S = 'adapters/kubernetes';
/** Folders and single files of controller/ and harness/ that are a room by themselves. */
const FOLDERS =
  'std|core|core/log|views|loop|loop/(?:stored|turn)|llm|replay|report|report/picture|observers|settings|wiring(?:/proposers)?|cli(?:/(?:live|terminal|read|steer))?|page|page/browser(?:/facts)?|adapters/(?:anthropic|builtin|command|directory|git|openai|process|s3)|adapters/kubernetes(?:/(?:client|manifest|state|doctor))?';

export const rules: Rules = {
  rooms: [
    { holds: new RegExp(`^controller/(${FOLDERS})/[^/]+$`), room: '$1' },
    { holds: /^controller\/brief\.ts$/, room: 'ports' },
    { holds: /^controller\/(adapters\/[^/]+|ports|intent|failure|environment|main)\.ts$/, room: '$1' },
    { holds: /^controller\/(setup\/[^/]+|setup|autoresearch|node-flags)\.(?:d\.)?m[jt]s$/, room: 'setup' },
    { holds: /^harness\/(cpu|gpu|measure|reading)\/[^/]+$/, room: 'harness/$1' },
    { holds: /^(harness\/seal\/(?:confine|evaluation|process))\/[^/]+$/, room: '$1' },
    { holds: /^(harness\/seal\/errors)\.py$/, room: '$1' },
    { holds: /^(harness\/seal)\/[^/]+$/, room: '$1' },
    { holds: /^(harness\/(?:supervise|preflight|hide))\.py$/, room: '$1' },
    { holds: /^images\//, room: 'images' },
    { holds: /^(test\/|docs\/examples\/|vitest\.config\.ts$)/, room: 'test' },
  ],
  arrows: {
    std: [],
    core: ['std'],
    'core/log': ['core', 'std'],
    ports: ['core'],
    intent: ['ports', 'core'],
    failure: [],
    environment: [],
    llm: ['ports', 'intent', 'core', 'std'],
    'report/picture': ['core', 'std'],
    report: ['ports', 'core', 'std', 'report/picture'],
    replay: ['ports', 'intent', 'core', 'core/log', 'std'],
    views: ['core', 'report'],
    'loop/stored': ['ports', 'core', 'core/log', 'std'],
    'loop/turn': ['core', 'ports', 'std'],
    loop: ['ports', 'intent', 'core', 'core/log', 'std', 'loop/stored', 'loop/turn'],

    'adapters/clock': ['ports'],
    'adapters/directory': ['ports', 'core', 'std'],
    'adapters/s3': ['ports', 'core', 'std'],
    'adapters/git': ['environment', 'ports', 'core', 'std'],
    'adapters/process': ['environment', 'ports', 'intent', 'core', 'std'],
    'adapters/builtin': ['ports', 'intent', 'core', 'std'],
    'adapters/call-timeouts': ['ports'],
    'adapters/anthropic': ['adapters/call-timeouts', 'llm', 'ports', 'core', 'std'], // the model and the reader are ports of llm
    'adapters/openai': ['adapters/call-timeouts', 'llm', 'ports', 'core', 'std'],
    'adapters/command': ['llm', 'ports', 'core', 'std'],
    'adapters/mix': ['ports', 'intent', 'core', 'std'],
    'adapters/python-reader': ['environment', 'llm'],
    [`${K8S}/client`]: ['ports', 'std'],
    [`${K8S}/manifest`]: ['ports', 'intent'],
    [`${K8S}/state`]: [`${K8S}/client`, `${K8S}/manifest`, 'ports', 'intent', 'core', 'std'],
    [`${K8S}/doctor`]: [`${K8S}/client`, `${K8S}/manifest`, `${K8S}/state`, 'std'],
    [K8S]: [`${K8S}/client`, `${K8S}/manifest`, `${K8S}/state`, 'ports', 'intent', 'core', 'std'],

    observers: ['loop', 'ports', 'core', 'std', 'views', 'adapters/process'], // who is alive
    page: ['core', 'views', 'report/picture'],
    'page/browser/facts': ['page', 'report', 'report/picture', 'views'],
    'page/browser': ['page', 'page/browser/facts', 'report', 'report/picture', 'std', 'views'],
    // To say what a url or a pool may be.
    settings: ['failure', 'core', 'adapters/git', 'adapters/s3', `${K8S}/manifest`],
    'wiring/proposers': [
      'settings',
      'loop',
      'llm',
      'failure',
      'environment',
      'ports',
      'core',
      'std',
      'adapters/anthropic',
      'adapters/builtin',
      'adapters/clock',
      'adapters/command',
      'adapters/mix',
      'adapters/openai',
      'adapters/python-reader',
    ],
    wiring: [
      'wiring/proposers',
      'settings',
      'observers',
      'loop',
      'loop/turn',
      'replay',
      'report',
      'failure',
      'environment',
      'ports',
      'core',
      'std',
      'adapters/clock',
      'adapters/directory',
      'adapters/git',
      'adapters/process',
      'adapters/s3',
      K8S,
      `${K8S}/client`,
      `${K8S}/manifest`,
      `${K8S}/doctor`,
    ],
    'cli/live': ['loop', 'core', 'std'],
    'cli/terminal': ['settings', 'environment', 'failure', 'std'],
    'cli/read': [
      'environment',
      'cli/terminal',
      'cli/steer',
      'views',
      'replay',
      'wiring',
      'settings',
      'observers',
      'loop',
      'llm',
      'report',
      'page',
      'failure',
      'core',
      'std',
    ],
    'cli/steer': [
      'ports',
      'cli/terminal',
      'views',
      'wiring',
      'settings',
      'loop',
      'report',
      'intent',
      'failure',
      'core',
      'std',
    ],
    cli: [
      'cli/live',
      'views',
      'cli/terminal',
      'cli/read',
      'cli/steer',
      'wiring',
      'wiring/proposers',
      'settings',
      'observers',
      'loop',
      'replay',
      'page',
      'failure',
      'environment',
      'core',
      'std',
    ],
    main: ['*'],
    setup: [], // runs before anything else is installed
    images: ['setup', 'page', 'report'],

    'harness/seal/errors': [],
    'harness/seal/confine': [],
    'harness/seal/evaluation': ['harness/seal/errors'],
    'harness/seal/process': ['harness/seal/errors', 'harness/seal/confine'],
    'harness/seal': ['errors', 'confine', 'evaluation', 'process'].map((name) => `harness/seal/${name}`),
    'harness/supervise': ['harness/seal', 'harness/seal/confine', 'harness/seal/evaluation'],
    'harness/reading': [],
    'harness/preflight': ['harness/reading'],
    'harness/hide': ['harness/seal/confine'],
    'harness/cpu': [],
    'harness/gpu': [],
    'harness/measure': ['harness/seal', 'harness/seal/confine', 'harness/seal/evaluation'],
    test: ['*', 'test'],
  },
  homes: {
    zod: ['controller/'],
    'node-diff3': ['controller/loop/'],
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
    '@anthropic-ai/bedrock-sdk': ['controller/adapters/anthropic/'],
    '@anthropic-ai/vertex-sdk': ['controller/adapters/anthropic/'],
    'google-auth-library': ['controller/adapters/anthropic/'],
    '@resvg/resvg-wasm': ['controller/report/'],
    openai: ['controller/adapters/openai/'],
    'd3-array': ['controller/report/picture/'],
    'd3-scale': ['controller/report/picture/'],
    'd3-shape': ['controller/report/picture/'],
    esbuild: ['images/', 'controller/page/'],
    hono: ['controller/page/'],
    '@hono/node-server': ['controller/page/'],
    preact: ['controller/page/browser/'],
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
    /^(manager|service|helper|util|handler|processor|engine|place|hand|payer|purse|farewell|standing|sighting)s?$|^(data|info|common|types|constants|index|unnamed|sieve)$/,
  forbiddenNames: /^(others|known|far|now|account|pace|wire|before|lines?|holds?)$/,
  mostLines: { test: 450, elsewhere: 250 },
  longer: {
    'test/core/decide.test.ts': 'one table of cases, each a few lines',
    'harness/cpu/prepare.py':
      'the fixed half of the folder that a person clones and runs: it must be one file',
    'harness/cpu/train.py': 'the one file under study: splitting it would take it out of the research',
    'harness/gpu/prepare.py':
      'the fixed half of the folder that a person clones and runs: it must be one file',
    'harness/gpu/train.py': 'the one file under study: splitting it would take it out of the research',
  },
  mostFiles: 25,
  together: [
    { what: 'core with its log', files: /^controller\/core\/.+\.ts$/, mostLines: 2300 },
    {
      what: 'the kernel: core without log, money, spend and checkpoint',
      files: /^controller\/core\/(?!(?:money|spend|checkpoint)\.)[^/]+\.ts$/,
      mostLines: 1700,
    },
  ],
};
