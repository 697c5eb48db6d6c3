// Two pods, one per pool, that answer with their pool's name: what shows that the nodes' networks are one.
import type { Cluster } from '../fixture.ts';

const serve = `
import http.server, os
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ["POOL"].encode())
http.server.HTTPServer(("", 8080), Answer).serve_forever()
`;

// A Service's address works a moment after its pod is ready, on each node for itself.
const ask = `
import sys, time, urllib.request
last = time.monotonic() + 60
while True:
    try:
        print(urllib.request.urlopen(sys.argv[1], timeout=2).read().decode())
        break
    except OSError:
        if time.monotonic() > last:
            raise
        time.sleep(0.1)
`;

/** Starts a pod `a` and a pod `b`, each in its pool and behind a Service of its name, and waits until they are ready. */
export async function startPair(cluster: Cluster, namespace: string, image: string): Promise<void> {
  const objects = ['a', 'b'].flatMap((pool) => [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: pool },
      spec: { selector: { answers: pool }, ports: [{ port: 8080 }] },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: pool, labels: { answers: pool } },
      spec: {
        nodeSelector: { 'autoresearch.dev/pool': pool },
        terminationGracePeriodSeconds: 0,
        containers: [
          {
            name: 'answer',
            image,
            command: ['python3', '-c', serve],
            env: [{ name: 'POOL', value: pool }],
            readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
          },
        ],
      },
    },
  ]);
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  await cluster.kubectl(['-n', namespace, 'apply', '-f', '-'], list);
  await cluster.kubectl(['-n', namespace, 'wait', '--for=condition=Ready', 'pod', '--all', '--timeout=600s']);
}

/** What the pod `from` hears when it calls the Service `to` by its name. */
export async function askAcross(
  cluster: Cluster,
  namespace: string,
  from: string,
  to: string,
): Promise<string> {
  const inPod = ['exec', from, '--', 'python3', '-c', ask, `http://${to}:8080`];
  return (await cluster.kubectl(['-n', namespace, ...inPod])).trim();
}
