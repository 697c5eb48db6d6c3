// node cluster-cpu-lane.ts CONFIG CONTEXT NAMESPACE FILE FROM TO: `autoresearch up`, with nothing watching it but for
// what it had used when its Jobs number FROM and TO were asked for, in FILE.
import { subscribe } from 'node:diagnostics_channel';
import { writeFile } from 'node:fs/promises';
import { up } from '../../controller/cli/up.ts';
import { type Used, used, usedBetween } from './used.ts';

const [config, context, namespace, file, from, to] = process.argv.slice(2);
const at: Used[] = [];
let jobs = 0;
subscribe('undici:request:create', (message) => {
  const { method, path } = (message as { request: { method: string; path: string } }).request;
  if (method !== 'POST' || !path.endsWith('/jobs')) return;
  if (jobs === Number(from) || jobs === Number(to)) at.push(used());
  jobs++;
});
await up({ config: config!, context: context!, namespace: namespace!, dryRun: false });
await writeFile(file!, JSON.stringify(usedBetween(at[0]!, at[1]!)));
