// What is told of machines, where there are more of them than a person reads.
import { expect, test } from 'vitest';
import { MachineFacts } from '../../controller/observers/machine-facts.ts';
import { attempts, lost } from '../core/trials.ts';

test('a node that begins to fail when many others failed once is told first', () => {
  const facts = new MachineFacts({ holder: '', pool: '', commands: [] }, 0);
  const fails = (node: string) => {
    const [result] = attempts(lost('evicted', { node }));
    facts.happened({ kind: 'measured', experiment: '000001', result: result! });
  };
  for (let n = 0; n < 30; n++) fails(`node-${n}`);
  for (let n = 0; n < 5; n++) fails('late');
  expect(facts.now.losses).toHaveLength(20);
  expect(facts.now.losses[0]).toEqual({ node: 'late', cause: 'evicted', count: 5 });
});
