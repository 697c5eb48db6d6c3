import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tryFile } from '../../controller/cli/steer/steer.ts';
import { storedLane } from './stored.ts';

test('a person may try a file again that the machine lost, and none that was measured', async () => {
  await using lane = await storedLane({ lost: '000001' });
  await lane.run(2);
  const file = join(lane.dir, 'mine.py');
  const trying = async (trainPy: string) => {
    await writeFile(file, trainPy);
    return tryFile({ dir: lane.dir }, file, 'again');
  };
  const again = /was tried before, or is the frontier itself/;
  await expect(trying('print(1)\n# 2\n')).rejects.toThrow(again);
  await expect(trying('print(1)\n')).rejects.toThrow(again);
  await trying('print(1)\n# 1\n');
  await expect(trying('print(1)\n# 1\n')).rejects.toThrow(again);
});
