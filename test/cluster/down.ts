// node test/cluster/down.ts     removes what up.ts made and started: the cluster, its context, the engine.
//
// What was installed (Debian's packages) and built (tools, images) stays, so that up.ts is quick again.
import { Unavailable } from './bring-up/debian.ts';
import { dockerAnswers, stopDocker } from './bring-up/docker.ts';
import { deleteCluster } from './bring-up/kind.ts';
import { lockOrExit } from './bring-up/lock.ts';
import { say } from './bring-up/progress.ts';

await lockOrExit();
try {
  if (await dockerAnswers()) await deleteCluster();
  await stopDocker();
  say('down');
} catch (error) {
  if (!(error instanceof Unavailable)) throw error;
  console.error(`${error.message}.`);
  process.exitCode = 3;
}
