// The memory adapters that all controllers of a simulated lane share, with an auditor behind them.
import type { Draft } from '../../controller/core/decision.ts';
import type { Claim, Executor, Frontier, Intent, Run, Store } from '../../controller/ports.ts';
import type { MemoryMachine } from '../memory/executor.ts';
import type { MemoryFrontier } from '../memory/frontier.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { Auditor } from './auditor.ts';

export function auditedStore(store: MemoryStore, auditor: Auditor): Store {
  return {
    get: (key) => store.get(key),
    list: (prefix) => store.list(prefix),
    put: (key, bytes) => store.put(key, bytes),
    putIfAbsent: async (key, bytes) => {
      const written = await store.putIfAbsent(key, bytes);
      if (written) auditor.stored(key, bytes);
      else auditor.count(`adopted:${key.split('/').at(-1)}`);
      return written;
    },
  };
}

export function auditedFrontier(frontier: MemoryFrontier, auditor: Auditor): Frontier {
  return {
    view: () => frontier.view(),
    claim: () => frontier.claim(),
    sha: (draft, trainPy) => frontier.sha(draft, trainPy),
    keep: async (draft: Draft, trainPy: string, claim: Claim) => {
      const keeping = await frontier.keep(draft, trainPy, claim);
      const { kept } = await frontier.view();
      if (keeping.kind === 'kept' && kept.length > auditor.kept.length) auditor.pushed(kept.at(-1)!);
      return keeping;
    },
  };
}

export function auditedExecutor(machine: MemoryMachine, auditor: Auditor, now: () => number): Executor {
  const executor = machine.open();
  return {
    ...executor,
    launch: async (intent: Intent) => {
      const before = machine.launches;
      const taken = machine.taken(intent.lane);
      const launched = await executor.launch(intent);
      if (machine.launches > before) auditor.placed(taken);
      return launched;
    },
    remove: async (run: Run) => {
      auditor.removed(run, now());
      await executor.remove(run);
    },
  };
}
