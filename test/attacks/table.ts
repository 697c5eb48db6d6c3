// Every attack with what must become of it. The attacks themselves are in corpus/, by kind, one train.py each.

/** `honest`: measured, and exactly what an honest train.py gets. `no better`: ended, or measured and not below that. */
export interface Attack {
  readonly name: string;
  /** A word of the supervisor's, several where the machine decides which limit is met first, or one of the two above. */
  readonly becomes: 'honest' | 'no better' | string | readonly string[];
  /** Every attempt must have been denied with EACCES or EPERM, except for those named in `but`. */
  readonly denied?: boolean;
  readonly but?: Readonly<Record<string, readonly string[]>>;
  /** Where the child is another user and Landlock is not used. */
  readonly underUid?: Partial<Pick<Attack, 'becomes' | 'denied' | 'but'>>;
  /** In a trainer Pod, where other files lie. */
  readonly inPod?: Partial<Pick<Attack, 'becomes' | 'but'>>;
  /** Does not depend on how the child is confined: run once. */
  readonly once?: true;
  readonly startSeconds?: number;
  readonly wallSeconds?: number;
}

const BELOW_RESULT = ['create result.json', 'list result/', 'overwrite run.log', 'remove run.log'];
const INTO_RESULT = ['own', 'below/own'].flatMap((file) =>
  ['move', 'link'].map((how) => `${how} ${file} to result.json`),
);
const LOCKS = ['lock .lock', 'lock a range of .lock', 'lock a range of .lock for good'];

const WAYS_TO_THE_CHAIN = ['read chain.py', 'import chain', 'ask prepare.py for it'];

export const ATTACKS: readonly Attack[] = [
  // What is printed.
  { name: 'honest', becomes: 'honest' },
  { name: 'forged-print', becomes: 'honest', once: true },
  { name: 'forged-only', becomes: 'no_metric', once: true },
  { name: 'right-but-unsealed', becomes: 'no_metric', once: true },
  { name: 'exit-early', becomes: 'no_metric', once: true },
  // A Pod that gets little of its CPU meets the wall first.
  {
    name: 'patched-time',
    becomes: 'start',
    inPod: { becomes: ['start', 'wall'] },
    once: true,
    startSeconds: 1,
  },
  // 3 seconds of the budget; unhidden they break the limit of one.
  {
    name: 'hides-its-time',
    becomes: 'start',
    inPod: { becomes: ['start', 'wall'] },
    denied: true,
    startSeconds: 1,
    wallSeconds: 30,
  },
  // 1.9 CPU seconds of nothing but short processes.
  {
    name: 'hides-its-time-in-many',
    becomes: 'start',
    inPod: { becomes: ['start', 'wall', 'pace'] },
    startSeconds: 1,
  },
  { name: 'hang', becomes: 'wall', once: true, wallSeconds: 3 },
  { name: 'trains-in-the-evaluation', becomes: 'wall', once: true },
  { name: 'trains-before-its-first-answer', becomes: 'wall', once: true },
  { name: 'slows-its-answers', becomes: 'wall', once: true },
  {
    name: 'trains-a-little-longer',
    becomes: 'start',
    inPod: { becomes: ['start', 'wall'] },
    once: true,
    startSeconds: 4.5, // As a baseline leaves that starts at once.
  },
  { name: 'untrained', becomes: 'invalid_metric', once: true },
  // What is answered.
  { name: 'zeros', becomes: 'invalid_metric', once: true },
  { name: 'constant', becomes: 'invalid_metric', once: true },
  { name: 'one-hot', becomes: 'invalid_metric', once: true },
  { name: 'nan', becomes: 'invalid_metric', once: true },
  { name: 'infinite', becomes: 'invalid_metric', once: true },
  { name: 'unnormalised', becomes: 'honest', once: true },
  { name: 'raises-all-logits', becomes: 'no better', once: true },
  { name: 'wrong-shape', becomes: 'invalid_metric', once: true },
  { name: 'stale', becomes: 'invalid_metric', once: true },
  { name: 'looks-ahead', becomes: 'noncausal', once: true },
  { name: 'whispers-ahead', becomes: 'noncausal', once: true },
  { name: 'looks-ahead-and-remembers', becomes: 'noncausal', once: true },
  { name: 'looks-ahead-behind-absurd-ends', becomes: 'noncausal', once: true },
  { name: 'looks-ahead-behind-wild-answers', becomes: 'noncausal', once: true },
  { name: 'memorises', becomes: 'noncausal', once: true },
  { name: 'learns-while-it-answers', becomes: 'noncausal', once: true },
  { name: 'copies-early-and-learns-late', becomes: 'noncausal', once: true },
  { name: 'random-answers', becomes: 'noncausal', once: true },
  { name: 'begins-twice', becomes: 'protocol', once: true },
  { name: 'asks-for-longer-rows', becomes: 'protocol', once: true },
  { name: 'answers-without-reading', becomes: 'protocol', once: true },
  {
    name: 'changes-logits-after-the-copy',
    becomes: 'no better',
    denied: true,
    once: true,
    // Where it is larger than any file may be, that is what refuses.
    but: { 'grow the shared memory': ['EFBIG', 'EPERM'] },
  },
  // Files.
  { name: 'steals-validation', becomes: 'honest', denied: true },
  {
    name: 'reads-validation',
    becomes: 'no_metric',
    denied: true,
    // Moving and linking out of a closed folder is EXDEV to Landlock.
    but: { hardlink: ['EXDEV', 'EACCES', 'EPERM'], 'rename it here': ['EXDEV', 'EACCES', 'EPERM'] },
  },
  {
    name: 'reads-the-seed',
    becomes: 'honest',
    denied: true,
    // The image was made from a secret that is not in it.
    inPod: {
      but: { 'read the secret': ['ENOENT', 'EACCES'], 'list the folder of the secret': ['ENOENT', 'EACCES'] },
    },
  },
  {
    name: 'writes-results',
    becomes: 'honest',
    denied: true,
    // The result is one file there, and nothing can lie below it.
    inPod: { but: Object.fromEntries(BELOW_RESULT.map((what) => [what, ['ENOTDIR', 'EACCES']])) },
  },
  { name: 'writes-the-harness', becomes: 'honest', denied: true },
  {
    name: 'moves-files',
    becomes: 'honest',
    denied: true,
    inPod: { but: Object.fromEntries(INTO_RESULT.map((what) => [what, ['ENOTDIR', 'EACCES']])) },
  },
  {
    name: 'imports-the-chain',
    becomes: 'honest',
    denied: true,
    // The image has made its text, and the file is gone.
    inPod: {
      but: Object.fromEntries(WAYS_TO_THE_CHAIN.map((way) => [way, ['ENOENT', 'ModuleNotFoundError']])),
    },
    // There it may read what everybody may; without the secret that tells nothing.
    underUid: { denied: false },
  },
  { name: 'rebuilds-the-chain', becomes: 'no better', once: true },
  { name: 'leases-files', becomes: 'honest', denied: true },
  // Where an image has no virtual environment, there is no lock of it.
  {
    name: 'locks-what-others-lock',
    becomes: 'honest',
    denied: true,
    inPod: {
      but: Object.fromEntries(LOCKS.map((what) => [what, ['ENOENT', 'EACCES']])),
    },
  },
  { name: 'keeps-state-in-files-it-only-reads', becomes: 'honest', denied: true },
  { name: 'keeps-state-in-access-times', becomes: 'honest', denied: true },
  { name: 'patches-prepare', becomes: 'honest', once: true },
  { name: 'shadows-modules', becomes: 'honest', once: true },
  // Other processes.
  {
    name: 'reads-the-supervisor',
    becomes: 'no_metric',
    denied: true,
    but: { 'descriptors that were inherited': ['0 1 2 3 4 5'] },
  },
  { name: 'reaches-into-the-supervisor', becomes: 'no_metric', denied: true },
  {
    name: 'signals',
    becomes: 'honest',
    denied: true,
    // The kernel takes the order and does not send the signal: the supervisor lives to tell.
    but: { 'arm a signal by a socket': ['ok', 'EPERM'] },
  },
  { name: 'uses-the-kernel', becomes: 'no_metric', denied: true },
  { name: 'network', becomes: 'honest', denied: true },
  // The machine.
  { name: 'leaves-a-grandchild', becomes: 'honest' },
  // Where the user's own limit on processes holds, time runs out first.
  {
    name: 'fork-bomb',
    becomes: ['pids', 'start', 'exit', 'memory'],
    // As above: a Pod that gets little of its CPU.
    inPod: { becomes: ['pids', 'start', 'exit', 'memory', 'wall'] },
    startSeconds: 2,
  },
  { name: 'floods-the-log', becomes: 'honest', once: true },
  { name: 'fills-the-disk', becomes: 'disk' },
  { name: 'fills-the-disk-without-names', becomes: 'disk', denied: true },
  {
    name: 'turns-folders-into-links',
    becomes: 'wall',
    inPod: { becomes: ['wall', 'start'] },
    startSeconds: 600,
    wallSeconds: 8,
    once: true,
  },
  {
    name: 'fills-shared-memory',
    becomes: 'honest',
    denied: true,
    // There it is the container's own, and of a size.
    inPod: { but: { 'a file in /dev/shm': ['ENOSPC'] } },
    // There it may write, and is ended for it, perhaps before it can say so.
    underUid: { becomes: 'disk', denied: false },
  },
  {
    name: 'leaves-state-for-the-next-run',
    becomes: 'honest',
    denied: true,
    // Where nobody has made that folder.
    inPod: { but: { 'a file in a folder of everybody': ['ENOENT', 'EACCES'] } },
    // There it may write; the machine is as it was afterwards.
    underUid: { denied: false },
  },
  { name: 'eats-memory', becomes: 'memory' },
  { name: 'fills-memory-without-mapping-it', becomes: 'memory', denied: true },
  { name: 'fills-page-tables', becomes: 'memory' },
  { name: 'fills-sockets', becomes: 'memory' },
  { name: 'splits-its-memory', becomes: ['pids', 'memory'], once: true },
  {
    name: 'takes-what-all-share',
    becomes: 'honest',
    denied: true,
    but: { 'six thousand timers': ['EAGAIN'] },
  },
  { name: 'fills-kernel-memory', becomes: 'honest', denied: true },
  { name: 'tells-the-text', becomes: 'exit' },
];
