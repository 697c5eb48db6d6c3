// Crash points on the real cluster: around every request to the API server, and around every so many-th other call.
import { isRequest } from './crash-points.ts';
import { crashOnCluster } from './crashed.ts';

const OTHERS = 13;

await crashOnCluster((points) => {
  const others = points.filter((point) => !isRequest(point));
  return [...points.filter(isRequest), ...others.filter((_, at) => at % OTHERS === 0)];
}, 50);
