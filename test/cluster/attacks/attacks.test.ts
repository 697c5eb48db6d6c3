// Ten attacks as Pods, one of each kind; all of them are in attacks.long.test.ts.
import { ATTACKS } from '../../attacks/table.ts';
import { attackOnCluster } from './attacked.ts';

const TEN = [
  'forged-print',
  'exit-early',
  'one-hot',
  'memorises',
  'steals-validation',
  'writes-results',
  'reads-the-supervisor',
  'signals',
  'network',
  'fork-bomb',
];

await attackOnCluster(
  TEN.map((name) => ATTACKS.find((attack) => attack.name === name)!),
  {
    patient: false,
  },
);
