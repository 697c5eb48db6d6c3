// npm run verify [-- --write]
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generated, stateOf } from './generated.ts';

const write = process.argv.includes('--write');
for (const file of generated) {
  let state: string = await stateOf(file);
  if (state === 'stale' && write) {
    await writeFile(join(import.meta.dirname, '..', file.path), (await file.make())!);
    state = 'written';
  }
  process.stdout.write(`${file.path}: ${state}\n`);
  if (state === 'stale') process.exitCode = 1;
}
if (process.exitCode === 1) process.stderr.write('stale files are made anew by npm run verify -- --write\n');
