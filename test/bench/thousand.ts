// The controller alone over 1,000 experiments: real loop, built-in proposer and directory store, the rest in memory and
// virtual time.
// Started as a process of its own by controller.ts; prints one JSON line.
import { readFileSync } from 'node:fs';
import { DirectoryStore } from '../../controller/adapters/directory/store.ts';
import { keys } from '../../controller/core/keys.ts';
import { encode } from '../../controller/report/results-tsv.ts';
import { quietLane } from './quiet-lane.ts';

const EXPERIMENTS = 1000;
const [folder, trainFile] = process.argv.slice(2);
const store = new DirectoryStore(folder!);
const began = process.cpuUsage();
await quietLane(store, readFileSync(trainFile!, 'utf8'), EXPERIMENTS, async (all) => {
  await store.put(keys.results('bench'), new TextEncoder().encode(encode(all)));
  return 0;
});
const { user, system } = process.cpuUsage(began);
const cpuMs = (user + system) / 1000 / EXPERIMENTS;
process.stdout.write(`${JSON.stringify({ cpuMs, rssMb: process.memoryUsage.rss() / 2 ** 20 })}\n`);
