// node child.ts s3|claude|kubernetes URL: one call as a controller makes it; prints what came of it.
import { anthropicClient } from '../../controller/adapters/anthropic/client.ts';
import { systemClock } from '../../controller/adapters/clock.ts';
import { Api } from '../../controller/adapters/kubernetes/client/api.ts';
import { Credentials } from '../../controller/adapters/kubernetes/client/credentials.ts';
import { leadThroughProxies } from '../../controller/environment.ts';
import { storeSchema } from '../../controller/settings/store.ts';
import { openStore } from '../../controller/wiring/store.ts';

const calls: Record<string, (url: string) => Promise<unknown>> = {
  s3: async (endpoint) => {
    const store = await openStore(storeSchema.parse({ url: 's3://lab', endpoint }), '');
    await store.put('a', new TextEncoder().encode('here'));
    return new TextDecoder().decode((await store.get('a'))!);
  },
  claude: async (baseURL) => {
    const client = anthropicClient({
      credentials: { apiKey: 'k' },
      baseURL,
      clock: systemClock,
      deadlineMs: 30_000,
      idleMs: 30_000,
    });
    const failed = await client.probe('claude', new AbortController().signal);
    return failed.kind === 'failed' ? failed.sentence : 'here';
  },
  kubernetes: async (kubeconfig) => {
    const credentials = new Credentials({ kubeconfig });
    const api = new Api({ credentials, clock: systemClock, random: Math.random });
    const { kind } = await api.get('/version');
    await credentials.close();
    return kind === 'ok' ? 'here' : kind;
  },
};

leadThroughProxies();
process.stdout.write(String(await calls[process.argv[2]!]!(process.argv[3]!)));
process.exit();
