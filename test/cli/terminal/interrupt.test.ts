import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { checkout } from '../../../controller/settings/checkout.ts';

/** Is sent these signals while it is busy, and ends by itself a little after it has heard one. */
const programOf = (signals: readonly string[]) => `
import { interruptedBy } from ${JSON.stringify(join(checkout.root, 'controller', 'cli', 'interrupt.ts'))};
const ending = new AbortController();
const deaf = interruptedBy(ending);
const alive = setInterval(() => {}, 1000);
ending.signal.addEventListener('abort', () => setTimeout(() => {
  clearInterval(alive);
  deaf();
  process.stdout.write('ended in peace');
}, 100));
for (const signal of ${JSON.stringify(signals)}) process.kill(process.pid, signal);
`;

test.each([
  ['one', ['SIGINT'], undefined, 'ended in peace'],
  ['one from the system', ['SIGTERM'], undefined, 'ended in peace'],
  ['a second one', ['SIGINT', 'SIGINT'], 'SIGINT', ''],
  ['a second one from the system', ['SIGINT', 'SIGTERM'], 'SIGTERM', ''],
] as const)('%s that comes while the process is busy is heard', async (_, signals, by, said) => {
  const args = ['--input-type=module', '-e', programOf(signals)];
  const { signal, stdout } = await execa(process.execPath, args, { reject: false });
  expect([signal, stdout]).toEqual([by, said]);
});
