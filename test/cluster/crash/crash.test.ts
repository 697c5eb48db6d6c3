// Ten crash points on the real cluster, around the requests of a keep; more are in crash.long.test.ts.
import { isRequest } from './crash-points.ts';
import { crashOnCluster } from './crashed.ts';

await crashOnCluster((points) => {
  const requests = points.filter((point) => isRequest(point) && point.experiment === 1);
  const others = points.filter((point) => point.call.startsWith('frontier.keep') && point.experiment === 1);
  return [...others, ...requests].slice(0, 12);
}, 10);
