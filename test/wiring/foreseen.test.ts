// What is compared with a lane's Conditions before anything runs.
import { dirname } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { conditionsOf, difference } from '../../controller/core/conditions.ts';
import { checkout } from '../../controller/settings/checkout.ts';
import { foreseenConditions, superviseSha256 } from '../../controller/wiring/foreseen.ts';
import { finished } from '../core/trials.ts';

const sealed = finished(1).sealed!;

test.each<[string, string, string]>([
  ['all that a laptop knows', foreseenConditions(sealed, 300), ''],
  [
    'another supervisor',
    foreseenConditions({ ...sealed, supervise_sha256: 'f'.repeat(64) }, 300),
    'supervise was cccccccccccccccc, is ffffffffffffffff',
  ],
  ['the budget alone', foreseenConditions(null, 300), ''],
  ['another budget', foreseenConditions(null, 60), 'budget was 300s, is 60s'],
])('Conditions are compared before a run as far as they are known then: %s', (_, known, words) => {
  expect(difference(conditionsOf(sealed, 'image', 300), known)).toBe(words);
});

test('the supervisor is summed up as it sums itself up', async () => {
  const program = `import sys; sys.path.insert(0, sys.argv[1])
from seal.conditions import supervise_sha256
print(supervise_sha256())`;
  const folder = dirname(checkout.supervise);
  const { stdout } = await execa(checkout.python, ['-I', '-B', '-c', program, folder]);
  expect(superviseSha256(checkout.supervise)).toBe(stdout);
});
