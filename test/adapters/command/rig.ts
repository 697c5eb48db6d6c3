// A command as the proposer, with a lane's store; reading files is not the point, so any file will do.

import { systemClock } from '../../../controller/adapters/clock.ts';
import { type CommandParts, CommandProposer } from '../../../controller/adapters/command/proposer.ts';
import { nanoUsd } from '../../../controller/core/money.ts';
import { Budget } from '../../../controller/llm/budget.ts';
import { FileCheck } from '../../../controller/llm/file-check.ts';
import { KnownFiles } from '../../../controller/llm/known-files.ts';
import { checkout } from '../../../controller/settings/checkout.ts';
import { MemoryStore } from '../../memory/store.ts';
import { credulous } from '../../messages/lane.ts';
import { PREPARE } from '../../messages/rig.ts';

/** A script of Python, as a command; its text must hold no single quote. */
export function python(script: string): string {
  if (script.includes("'")) throw new Error('use double quotes');
  return `${checkout.python} -c '${script}'`;
}

/** Prints an idea that nobody had before: the file as it lies there, with another last comment. */
export const IDEA = `import json, os, sys
text = open("train.py").read()
def idea(n, **more):
    print(json.dumps({"description": f"comment {n}", "hypothesis": "h", "train_py": text + f"# {n}\\n", **more}), flush=True)
brief = json.loads(sys.stdin.readline())
`;

export interface CommandRig {
  readonly store: MemoryStore;
  readonly budget: Budget;
  readonly told: string[];
  readonly proposer: CommandProposer;
}

export function rigOf(command: string, change: Partial<CommandParts> & { maxUsd?: number } = {}): CommandRig {
  const { maxUsd = 5, ...parts } = change;
  const store = new MemoryStore();
  const told: string[] = [];
  const budget = new Budget(store, 'main', async () => ({ nanoUsd: nanoUsd(maxUsd), tokens: null }));
  const proposer = new CommandProposer({
    command,
    behind: () => [],
    env: { PATH: process.env.PATH! },
    deadlineMs: 60_000,
    usdPerCall: 0.5,
    ideasPerCall: 4,
    parallel: 1,
    budget,
    check: new FileCheck(credulous, new KnownFiles(store, 'main', credulous)),
    clock: systemClock,
    prepare: PREPARE,
    program: async () => 'Make val_bpb low.',
    told: (sentence) => told.push(sentence),
    ...parts,
  });
  return { store, budget, told, proposer };
}
