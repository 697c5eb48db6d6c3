// node child.ts DIR SCRIPT LAST K before|after: a controller that SIGKILLs itself around its K-th external call.
import { begin } from './scenario.ts';
import { type ScriptName, scripts } from './script.ts';

/** As in points.ts, which a child need not load. */
const DONE = 77;

const [dir, script, last, k, when] = process.argv.slice(2);
let calls = 0;
const { stopped } = begin(dir!, scripts[script as ScriptName], Number(last), async (_, effect) => {
  const mine = ++calls === Number(k);
  if (mine && when === 'before') process.kill(process.pid, 'SIGKILL');
  const answer = await effect();
  if (mine) process.kill(process.pid, 'SIGKILL');
  return answer;
});
const { reason } = await stopped;
if (reason !== 'limit') throw new Error(`it stopped (${reason}) after ${calls} calls`);
process.exit(DONE);
