// The conformance suite of the Proposer, run on those that need no process of their own.
import { describe } from 'vitest';
import { proposerOf } from '../../controller/adapters/builtin/proposers.ts';
import { sha256Hex } from '../../controller/intent.ts';
import { briefOn as smallBrief, TRAINER } from '../adapters/builtin/lanes.ts';
import { bedrockRig, type CloudRig, inCloud, vertexRig } from '../messages/cloud-rig.ts';
import { credulous, freshIdea, KNOBS_PY } from '../messages/lane.ts';
import { briefOn, edit, rigOn } from '../messages/rig.ts';
import { proposerConforms } from './proposer.ts';

for (const kind of ['builtin', 'random', 'null'] as const)
  proposerConforms(
    `the ${kind} proposer`,
    async () => ({ open: () => proposerOf(kind), close: async () => {} }),
    { brief: smallBrief(TRAINER) },
  );

function claudeConforms(name: string, cloud: () => CloudRig | null): void {
  proposerConforms(
    name,
    async () => {
      const rig = await rigOn(
        (asked, n) =>
          asked.messages[0]!.content.includes('<log>')
            ? edit('the slip is mended', 'undefined_name\n', 'pass\n')
            : freshIdea(asked, n),
        { reader: credulous, ...(cloud() && { cloud: cloud()! }) },
      );
      return { open: () => rig.proposer, close: () => rig.server.close() };
    },
    { brief: briefOn({ trainPy: KNOBS_PY, tried: [sha256Hex(KNOBS_PY)] }) },
  );
}

claudeConforms('Claude on the stand-in', () => null);

describe.each([bedrockRig, vertexRig])('by the package of its cloud', (rigged) => {
  claudeConforms(`Claude (${rigged.name})`, inCloud<CloudRig>(rigged));
});

proposerConforms('nobody', async () => ({ open: () => proposerOf('none'), close: async () => {} }), {
  brief: smallBrief(TRAINER),
  silent: true,
});
