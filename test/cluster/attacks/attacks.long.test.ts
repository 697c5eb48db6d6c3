// The whole attack corpus as Pods.
import { ATTACKS } from '../../attacks/table.ts';
import { attackOnCluster } from './attacked.ts';

await attackOnCluster(ATTACKS, { patient: true });
