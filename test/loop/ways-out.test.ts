// What Python says of a thing that a run has not got names no way out: the sentence of the row does.
import { expect, test } from 'vitest';
import type { Outcome } from '../../controller/core/outcome.ts';
import { withWayOut } from '../../controller/loop/turn/ways-out.ts';

const LIB = '/usr/lib/python3.11/multiprocessing';
const outcome = (from: string, sentence: string, kind: Outcome['kind'] = 'crashed'): Outcome => ({
  ...{ kind, reason: 'x', sentence, trivial: false, sealed: null, printedBpb: null, logNote: '' },
  ...{ node: '', image: '', endedMs: 0 },
  tail: `Traceback (most recent call last):\n  File "/w/train.py", line 41, in main\n  File "${from}", line 57, in f\n${sentence}\n`,
});

test.each([
  [
    'a pool',
    `${LIB}/synchronize.py`,
    'PermissionError at line 41 of train.py: [Errno 13] Permission denied',
    /share no memory .*in threads$/,
  ],
  [
    'a queue',
    `${LIB}/context.py`,
    'OSError at line 41 of train.py: [Errno 38] Function not implemented',
    /share no memory/,
  ],
  [
    'shared memory',
    `${LIB}/shared_memory.py`,
    'PermissionError: [Errno 13] Permission denied',
    /share no memory/,
  ],
  [
    'os.nice',
    '/w/train.py',
    'PermissionError at line 41 of train.py: [Errno 13] Permission denied',
    /is confined: it reads its text/,
  ],
  [
    'a module beside it',
    '/w/train.py',
    "ModuleNotFoundError at line 3 of train.py: No module named 'model'",
    /only train\.py travels; import what/,
  ],
  [
    'a tracker',
    '/w/train.py',
    "ModuleNotFoundError at line 3 of train.py: No module named 'wandb'",
    /only train\.py travels/,
  ],
])('%s, which a run has not got, is told with the way out', (_, from, sentence, words) => {
  expect(withWayOut(outcome(from, sentence)).sentence).toMatch(words);
});

test.each<[string, Outcome]>([
  [
    'a file that is not there',
    outcome('/w/train.py', "FileNotFoundError at line 41 of train.py: No such file: 'x'"),
  ],
  ['a slip in other code', outcome(`${LIB}/context.py`, 'ValueError at line 41 of train.py: x')],
  ['a run that finished', outcome(`${LIB}/context.py`, 'PermissionError: printed on the way', 'finished')],
])('%s is told as it was', (_, one) => {
  expect(withWayOut(one)).toBe(one);
});
