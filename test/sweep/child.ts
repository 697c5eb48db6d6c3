// node child.ts DIR K before|after: a controller that SIGKILLs itself around its K-th external call. K = 0: never.
import { begin, isExternal } from './scenario.ts';

const [dir, at, when] = process.argv.slice(2);
let calls = 0;
const { stopped, close } = begin(dir!, async (call, effect) => {
  if (!isExternal(call)) return effect();
  const mine = ++calls === Number(at);
  if (mine && when === 'before') process.kill(process.pid, 'SIGKILL');
  const answer = await effect();
  if (mine) process.kill(process.pid, 'SIGKILL');
  return answer;
});
const { reason } = await stopped;
close();
process.stdout.write(`${JSON.stringify({ reason, calls })}\n`);
