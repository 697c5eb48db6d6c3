import { executorConforms, LINES } from '../../contract/executor.ts';
import { Rig } from '../../double/rig.ts';
import { run, type Script } from '../../double/script.ts';

const LANES = ['suite', 'suite-2', 'suite-000001-a1', 'suit'];

const script: Script = (given) => {
  const lines = `${LINES[0]}\n${LINES[1]}\n`;
  if (given.trainPy.includes('lasts')) return { ...run(given, Number.POSITIVE_INFINITY, `${LINES[0]}\n`) };
  return run(given, 5, lines);
};

executorConforms('the Kubernetes executor', async () => {
  const rig = await Rig.start(script);
  return {
    open: () => rig.open({ lanes: LANES }),
    trainPy: (act) => `# ${act}\n`,
    until: (holds) => rig.until(holds),
    close: () => rig.close(),
  };
});

executorConforms('the Kubernetes executor with its watch', async () => {
  const rig = await Rig.start(script);
  return {
    open: () => rig.open({ lanes: LANES }, true),
    trainPy: (act) => `# ${act}\n`,
    until: (holds) => rig.until(holds),
    close: () => rig.close(),
  };
});
