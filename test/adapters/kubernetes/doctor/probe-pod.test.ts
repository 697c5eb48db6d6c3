import { expect, it } from 'vitest';
import { checksOf } from '../../../../controller/adapters/kubernetes/doctor/probe-pod.ts';

it.each([
  ['files by rules (Landlock): yes, ABI 7', 'ok', ''],
  ['best confinement: landlock; only root can give the child a user of its own', 'ok', ''],
  ['best confinement: none; this kernel has no Landlock', 'fail', /Linux 6\.2/],
  ['network: open: the API server can be reached from here', 'warn', /NetworkPolicy/],
  ['network: closed: the API server cannot be reached from here (timed out)', 'ok', ''],
])('of a Pod that says "%s" the doctor makes: %s', (line, result, fix) => {
  const [check, ...more] = checksOf('a Pod of pool x', `${line}\nnot a finding\n`);
  expect(more).toEqual([]);
  expect(check).toMatchObject({ check: 'a Pod of pool x', result, found: line });
  expect(check!.fix).toMatch(fix);
});
