// False alarms: Python's own library, each module read as if it were a train.py. It runs, so next to nothing may be found.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { trainPyReader } from '../../../controller/adapters/python-reader.ts';
import { checkout } from '../../../controller/settings/checkout.ts';

test('of the modules of Python itself at most one in fifty is found fault with', async () => {
  const where = 'import sysconfig; print(sysconfig.get_paths()["stdlib"])';
  const { stdout: library } = await execa(checkout.python, ['-I', '-c', where]);
  const names = (await readdir(library)).filter((name) => name.endsWith('.py'));
  const texts = await Promise.all(names.map((name) => readFile(join(library, name), 'utf8')));
  const prepare = await readFile(join(checkout.cpu, 'prepare.py'), 'utf8');
  const reader = trainPyReader(checkout.python, checkout.preflight);
  const alarms: string[] = [];
  for (const [i, text] of texts.entries()) {
    const [read] = await reader.read(prepare, [text]);
    // What of the library is not for this platform is no module here.
    const faults = read && 'faults' in read ? read.faults.filter((fault) => fault.rule !== 'import') : [];
    for (const { rule, line, sentence } of faults) alarms.push(`${names[i]}:${line} ${rule}: ${sentence}`);
    expect(read).toMatchObject({ trouble: [] });
  }
  const modules = new Set(alarms.map((alarm) => alarm.split(':')[0])).size;
  process.stderr.write(`${modules} of ${names.length} modules\n${alarms.join('\n')}\n`);
  expect(names.length).toBeGreaterThan(100);
  expect(modules / names.length).toBeLessThanOrEqual(0.02);
});
