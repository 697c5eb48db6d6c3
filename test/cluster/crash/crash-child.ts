// node crash-child.ts GROUND LAST CALL N before|after: a controller that SIGKILLs itself around its N-th CALL.
import { run } from './crash-scenario.ts';

const [ground, last, wanted, n, when] = process.argv.slice(2);
let met = 0;
const { reason } = await run(JSON.parse(ground!), Number(last), async (call, effect) => {
  const here = call === wanted && ++met === Number(n);
  if (here && when === 'before') process.kill(process.pid, 'SIGKILL');
  const answer = await effect();
  if (here) process.kill(process.pid, 'SIGKILL');
  return answer;
});
process.stdout.write(`it came to its end (${reason}) with ${met} of these calls\n`);
