// The controller image in a namespace that enforces Pod Security `restricted`: what it must bring, and what it may weigh.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadedImage, needsCluster, present, theCluster } from './fixture.ts';

const found = await theCluster();
const MINUTES = 60_000;
const namespace = `controller-${process.pid}`;
const root = join(import.meta.dirname, '..', '..');

let image: string;
let pods = 0;

beforeAll(async () => {
  if ('missing' in found) return;
  image = await loadedImage(found, 'controller');
  await found.kubectl(['create', 'namespace', namespace]);
  await found.kubectl(['label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted']);
}, 30 * MINUTES);

afterAll(async () => {
  if (!('missing' in found)) await found.kubectl(['delete', 'namespace', namespace, '--wait=false']);
});

describe('the controller image, restricted', { timeout: 20 * MINUTES }, () => {
  beforeEach(needsCluster(found));

  it('answers with the version of this checkout', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    expect(await said({ args: ['version'] })).toBe(version);
  });

  it('has a Node that client-node runs on, and a git that can commit, clone and push', async () => {
    const commands = [
      'node --version',
      'cd /tmp && git init -q --bare -b main far.git && git clone -q far.git near 2>/dev/null && cd near',
      'git -c user.name=A -c user.email=a@example.org commit -q --allow-empty -m first',
      'git push -q --atomic origin HEAD:main && git -C ../far.git log --format=%s main && git -C ../far.git fsck',
    ];
    const [node, ...log] = (await said({ command: ['sh', '-ec', commands.join('\n')] })).split('\n');
    expect(node).toMatch(/^v2[4-9]\./);
    expect(log).toEqual(['first']);
  });

  it('has the trainer that a lane begins with, the same as this checkout', async () => {
    const shown = await said({ command: ['sha256sum', '/opt/autoresearch/harness/cpu/train.py'] });
    const { stdout } = await execa('sha256sum', [join(root, 'harness', 'cpu', 'train.py')]);
    expect(shown.split(' ')[0]).toBe(stdout.split(' ')[0]);
  });

  it('is smaller than 250 MB', async ({ skip }) => {
    if (process.env.CONTROLLER_IMAGE) skip('CONTROLLER_IMAGE names one that was built elsewhere');
    const { stdout } = await execa('docker', ['image', 'inspect', '-f', '{{.Size}}', image]);
    expect(Number(stdout)).toBeLessThan(250e6);
  });
});

/** What the image prints as a Pod on a read-only root, run like this. */
async function said(run: { args?: string[]; command?: string[] }): Promise<string> {
  pods += 1;
  const name = `run-${pods}`;
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'controller',
          image,
          ...run,
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
        },
      ],
      volumes: [{ name: 'tmp', emptyDir: {} }],
    },
  };
  const kubectl = (...args: string[]) => present(found).kubectl(['-n', namespace, ...args]);
  await present(found).kubectl(['apply', '-f', '-'], JSON.stringify(pod));
  await kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', `pod/${name}`, '--timeout=600s');
  return (await kubectl('logs', name)).trim();
}
