import { executorConforms } from '../../contract/executor.ts';
import { Ground, supervisors } from './ground.ts';

executorConforms('the process executor under a stand-in', () => Ground.make(supervisors.standIn));
executorConforms('the process executor under the real supervisor', () => Ground.make(supervisors.real));
