// The conformance suite of the Proposer, run on those that need no process of their own.
import { proposerOf } from '../../controller/adapters/builtin/proposers.ts';
import { sha256Hex } from '../../controller/intent.ts';
import { briefOn as smallBrief, TRAINER } from '../adapters/builtin/lanes.ts';
import { credulous, freshIdea, KNOBS_PY } from '../messages/lane.ts';
import { briefOn, edit, rigOn } from '../messages/rig.ts';
import { proposerConforms } from './proposer.ts';

for (const kind of ['builtin', 'random', 'null'] as const)
  proposerConforms(
    `the ${kind} proposer`,
    async () => ({ open: () => proposerOf(kind), close: async () => {} }),
    { brief: smallBrief(TRAINER) },
  );

proposerConforms(
  'Claude on the stand-in',
  async () => {
    const rig = await rigOn(
      (asked, n) =>
        asked.messages[0]!.content.includes('<log>')
          ? edit('the slip is mended', 'undefined_name\n', 'pass\n')
          : freshIdea(asked, n),
      { reader: credulous },
    );
    return { open: () => rig.proposer, close: () => rig.server.close() };
  },
  { brief: briefOn({ trainPy: KNOBS_PY, tried: [sha256Hex(KNOBS_PY)] }) },
);

proposerConforms('nobody', async () => ({ open: () => proposerOf('none'), close: async () => {} }), {
  brief: smallBrief(TRAINER),
  silent: true,
});
