// A cloud with Claude in it, as its package finds it: the stand-in server, and where credentials come from.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, vi } from 'vitest';
import type { ApiCredentials } from '../../controller/adapters/anthropic/credentials.ts';
import { amazonBedrock, googleVertex, type StandInCloud } from './clouds.ts';
import { MetadataServer } from './google.ts';

export const REGION = 'us-east-1';
export const PROJECT = 'my-project';
export const AWS_KEYS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI' };

export interface CloudRig {
  readonly name: 'bedrock' | 'vertex';
  readonly cloud: StandInCloud;
  readonly credentials: ApiCredentials;
  readonly model: string;
  /** What the environment of a workload there says. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** What could lead a package to credentials of this machine. */
const NOWHERE = {
  AWS_PROFILE: '',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/nowhere',
  AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
};

export async function bedrockRig(): Promise<CloudRig> {
  return {
    name: 'bedrock',
    cloud: amazonBedrock(REGION, { [AWS_KEYS.AWS_ACCESS_KEY_ID]: AWS_KEYS.AWS_SECRET_ACCESS_KEY }),
    credentials: { bedrock: { region: REGION, apiKey: null } },
    model: 'global.anthropic.claude-opus-5-5',
    env: { ...NOWHERE, ...AWS_KEYS },
    close: async () => {},
  };
}

export async function vertexRig(): Promise<CloudRig & { readonly metadata: MetadataServer }> {
  const metadata = new MetadataServer();
  const folder = await mkdtemp(join(tmpdir(), 'no-gcloud-'));
  return {
    name: 'vertex',
    metadata,
    cloud: googleVertex(REGION, PROJECT, (token) => metadata.admits(token)),
    credentials: { vertex: { region: REGION, project: PROJECT } },
    model: 'claude-opus-5-5',
    env: {
      GOOGLE_APPLICATION_CREDENTIALS: '',
      CLOUDSDK_CONFIG: folder,
      GCE_METADATA_HOST: await metadata.listen(),
    },
    async close() {
      await metadata.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Puts the process where a workload of the cloud runs, for the tests of a file. */
export function inCloud<T extends CloudRig>(rigged: () => Promise<T>): () => T {
  let rig: T;
  beforeAll(async () => {
    rig = await rigged();
    for (const [name, value] of Object.entries(rig.env)) vi.stubEnv(name, value);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await rig.close();
  });
  return () => rig;
}
