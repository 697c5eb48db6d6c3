import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { probeChecks } from '../../../../controller/adapters/kubernetes/doctor/probe-lines.ts';

const gpu = { gpu: true, confined: true };
const cpu = { gpu: false, confined: true };
const laptop = { gpu: false, confined: false };
const NO_CUDA = 'train.py can start CUDA: no: system not yet initialized (error 802 of cuInit)';
const probe = readFileSync(new URL('../../../../harness/seal/probe.py', import.meta.url), 'utf8');
const FIX = /^FIX = "(.*)"$/m.exec(probe)![1]!;
const SEVERAL = 'train.py can build and load a library in C: no: ld: a; b; c';

it.each<[string, typeof gpu, string, string, RegExp]>([
  ['files by rules (Landlock): yes, ABI 7', gpu, 'ok', 'files by rules (Landlock): yes, ABI 7', /^$/],
  ['best confinement: landlock; only root', gpu, 'ok', 'best confinement: landlock; only root', /^$/],
  ['best confinement: none; no Landlock', cpu, 'fail', 'best confinement: none; no Landlock', /Linux 6\.2/],
  ['best confinement: none; no Landlock', laptop, 'ok', 'best confinement: none; no Landlock', /^$/],
  ['network: open: the API server', gpu, 'warn', 'network: open: the API server', /NetworkPolicy/],
  ['network: closed: (timed out)', gpu, 'ok', 'network: closed: (timed out)', /^$/],
  [
    'train.py can start CUDA: yes, on NVIDIA H200',
    gpu,
    'ok',
    'train.py can start CUDA: yes, on NVIDIA H200',
    /^$/,
  ],
  [`${NO_CUDA}; start nvidia-fabricmanager`, gpu, 'fail', NO_CUDA, /^start nvidia-fabricmanager$/],
  [`${NO_CUDA}; start nvidia-fabricmanager`, cpu, 'warn', NO_CUDA, /^start nvidia-fabricmanager$/],
  [`${SEVERAL}; install g++`, gpu, 'fail', SEVERAL, /^install g\+\+$/],
  [
    `train.py can move a file: no: refused; ${FIX}`,
    gpu,
    'fail',
    'train.py can move a file: no: refused',
    /^use Linux.*report this line/,
  ],
  ['train.py can move a file: no: refused', gpu, 'fail', 'train.py can move a file: no: refused', /report/],
])('of "%s" the doctor makes, for runs that need %j: %s', (line, needs, result, found, fix) => {
  const [check, ...more] = probeChecks('a Pod of pool x', `${line}\nnot a finding\n`, needs);
  expect(more).toEqual([]);
  expect(check).toMatchObject({ check: 'a Pod of pool x', result, found });
  expect(check!.fix).toMatch(fix);
});
