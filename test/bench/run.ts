// `npm run bench [-- NAME … [OPTIONS]]`: speed, as ratios within one run wherever a machine's own speed would show.
import { builtin } from './builtin.ts';
import { claude } from './claude.ts';
import { cluster } from './cluster.ts';
import { coldStart } from './cold.ts';
import { controller } from './controller.ts';
import { type Figure, printFigures } from './figures.ts';
import { fleet } from './fleet/fleet.ts';
import { overhead } from './overhead.ts';
import { browser } from './page/browser.ts';
import { page } from './page/page.ts';
import { far } from './remotes.ts';
import { restart } from './restart.ts';
import { ideas } from './search/ideas.ts';
import { benchSearch } from './search/search.ts';
import { thousandJobs } from './thousand-jobs.ts';
import { latency } from './turn/latency.ts';
import { turn } from './turn/turn.ts';

const benches: Record<string, (options: readonly string[]) => Promise<Figure[]>> = {
  overhead,
  controller,
  turn,
  latency,
  restart,
  builtin,
  ideas,
  search: benchSearch,
  claude,
  cluster,
  'thousand-jobs': thousandJobs,
  page,
  browser,
  fleet,
  far,
  cold: coldStart,
};

const args = process.argv.slice(2);
const end = args.findIndex((arg) => arg.startsWith('-'));
const wanted = end < 0 ? args : args.slice(0, end);
const unknown = wanted.filter((name) => !benches[name]);
if (unknown.length > 0)
  throw new Error(`there is no bench ${unknown}; there is ${Object.keys(benches).join(', ')}`);
const figures: Figure[] = [];
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stderr.write(`${name} …\n`);
  figures.push(...(await bench(end < 0 ? [] : args.slice(end))));
}
printFigures(figures);
