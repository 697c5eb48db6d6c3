// What a supervisor may say, or what may be said in its place, and what is truly to be made of it.
import type { SealedResult } from '../../controller/core/outcome.ts';
import type { Ending } from '../../controller/ports.ts';

type Words = Omit<Ending, 'atMs'>;

const said = (sealed: object): Words => ({ sealed: JSON.stringify(sealed), word: '', sentence: '' });
const word = (name: string): Words => ({ sealed: null, word: name, sentence: `the platform says ${name}` });
const raised = (name: string) =>
  `Traceback (most recent call last):\n  File "train.py", line 3, in <module>\n    A\n${name}: it went wrong\n`;

/** Results that are nobody's word on the experiment: the machine lost it, or somebody else wrote them. */
export const forged: readonly { fate: string; ending: (honest: SealedResult) => Words }[] = [
  { fate: 'gone', ending: () => word('gone') },
  { fate: 'evicted', ending: () => word('evicted') },
  { fate: 'no_result', ending: () => ({ sealed: null, word: '', sentence: '' }) },
  { fate: 'cut', ending: (honest) => ({ ...said(honest), sealed: JSON.stringify(honest).slice(0, 100) }) },
  { fate: 'nonce', ending: (honest) => said({ ...honest, nonce: 'f'.repeat(32), val_bpb: 0.1 }) },
  { fate: 'wrong_file', ending: (honest) => said({ ...honest, train_sha256: 'e'.repeat(64), val_bpb: 0.1 }) },
  { fate: 'extra', ending: (honest) => said({ ...honest, val_bpb: 0.1, trust: 'me' }) },
  {
    fate: 'nan',
    ending: (honest) => ({
      ...said({}),
      sealed: JSON.stringify(honest).replace(/"val_bpb":[\d.]+/, '"val_bpb":NaN'),
    }),
  },
  {
    fate: 'infinite',
    ending: (honest) => ({
      ...said({}),
      sealed: JSON.stringify(honest).replace(/"val_bpb":[\d.]+/, '"val_bpb":-1e999'),
    }),
  },
  {
    fate: 'refused',
    ending: (honest) =>
      said({ ...honest, status: 'refused', reason: 'setup', sentence: 'no seal', val_bpb: null }),
  },
];

/** Metrics that a supervisor could only report if the code under test had got at it; never kept. */
export const invalid: readonly (number | null)[] = [-1, 0, -0.000001, 20.5, 1e308, null];

interface Crash {
  readonly reason: string;
  readonly log: string;
  readonly ending: (honest: SealedResult) => Words;
}

const exits = (code: number) => (honest: SealedResult) =>
  said({ ...honest, status: 'crashed', reason: 'exit', exit_code: code, sentence: `exit code ${code}` });
const ended = (reason: string) => (honest: SealedResult) =>
  said({ ...honest, status: 'crashed', reason, exit_code: null, sentence: `ended: ${reason}` });

/** What the ways to fail of `FAILS` lead to. */
export const blamed: Readonly<Record<string, Crash>> = {
  syntax: { reason: 'syntax', log: raised('SyntaxError').replace(', in <module>', ''), ending: exits(1) },
  name: { reason: 'name', log: raised('NameError'), ending: exits(1) },
  nan: { reason: 'nan', log: 'step 7 loss: nan FAIL\n', ending: exits(1) },
  oom: { reason: 'oom', log: 'step 1\n', ending: () => word('oom') },
  wall: { reason: 'timeout', log: 'step 1\n', ending: ended('wall') },
  exit: { reason: 'exit', log: 'good bye\n', ending: exits(3) },
  silent: { reason: 'no_metric', log: 'done\n', ending: exits(0) },
  noncausal: { reason: 'noncausal', log: 'step 1\n', ending: ended('noncausal') },
};
