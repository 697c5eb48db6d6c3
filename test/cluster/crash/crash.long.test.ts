// Crash points on the real cluster: around every request to the API server, and around every so many-th other call.
import { isRequest, type Point } from './crash-points.ts';
import { crashOnCluster } from './crashed.ts';

const OTHERS = 13;

const choose = (points: readonly Point[]) => {
  const others = points.filter((point) => !isRequest(point));
  return [...points.filter(isRequest), ...others.filter((_, at) => at % OTHERS === 0)];
};

await crashOnCluster({ script: 'plain', choose, atLeast: 50 });
await crashOnCluster({ script: 'evidence', choose, atLeast: 50 });
