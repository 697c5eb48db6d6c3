// node test/cluster/up.ts [TOOL …]     brings up a cluster for the tests and prints the name of its kubeconfig context.
//
// Tools to build besides kubectl and kind: helm, helm4, versitygw (an S3 server), kwok, promtool, prometheus. They lie
// in ${XDG_CACHE_HOME:-~/.cache}/autoresearch/cluster/bin. With KUBECONTEXT set, that context's cluster is used as it is.
//
// Exit codes: 0 it answers, 3 none can be had here (stderr says why and what would help), 1 something broke.
import { buildTools, toolsBuilt } from './bring-up/binaries.ts';
import { bringUp, standing } from './bring-up/bring-up.ts';
import { toolsOnPath } from './bring-up/cache.ts';
import { Unavailable } from './bring-up/debian.ts';
import { lockOrExit } from './bring-up/lock.ts';
import { say } from './bring-up/progress.ts';

const tools = process.argv.slice(2);
try {
  let context = await standing();
  if (context === null || !toolsBuilt(tools)) {
    await lockOrExit();
    context ??= await bringUp();
    await buildTools(tools);
  }
  say(`the cluster answers; its tools are in ${toolsOnPath}`);
  console.log(context);
} catch (error) {
  if (!(error instanceof Unavailable)) throw error;
  console.error(`NO CLUSTER: ${error.message}.`);
  process.exitCode = 3;
}
