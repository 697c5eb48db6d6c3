// Crash points on the real cluster, around the requests of a keep: of one run, and of a train whose runs go side by side.
// More are in crash.long.test.ts.
import { isRequest, type Point } from './crash-points.ts';
import { crashOnCluster } from './crashed.ts';

const some = (experiment: number, most: number) => (points: readonly Point[]) => {
  const here = points.filter((point) => point.experiment === experiment);
  return [...here.filter(({ call }) => call.startsWith('frontier.keep')), ...here.filter(isRequest)].slice(
    0,
    most,
  );
};

await crashOnCluster({ script: 'plain', choose: some(1, 12), atLeast: 10 });
await crashOnCluster({ script: 'evidence', choose: some(2, 12), atLeast: 9 });
