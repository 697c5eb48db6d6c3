import { defineConfig } from 'vitest/config';

/**
 * quick: nothing but memory and CPU. test: all that ends in minutes. long: everything. What needs a Kubernetes cluster
 * comes by itself, one file after another: cluster, cluster-long. See test/run.ts.
 */
const tier = process.env.TIER ?? 'test';
const onCluster = tier.startsWith('cluster');
const long = tier === 'long' || tier === 'cluster-long';

const quick = [
  'test/core/**',
  'test/loop/**',
  'test/llm',
  'test/memory/**',
  'test/replay/**',
  'test/report/**',
  'test/sim/**',
  'test/std/**',
  'test/architecture',
].map((at) => `${at}/*.test.ts`);

export default defineConfig({
  test: {
    include: tier === 'quick' ? quick : [onCluster ? 'test/cluster/**/*.test.ts' : 'test/**/*.test.ts'],
    exclude: [
      '**/node_modules/**',
      '**/.venv/**',
      ...(long ? [] : ['test/**/*.long.test.ts']),
      ...(onCluster ? [] : ['test/cluster/**']),
    ],
    // Timeouts only end what hangs: no test may depend on how busy the machine is.
    testTimeout: long ? 6 * 3_600_000 : onCluster ? 600_000 : 300_000,
    hookTimeout: long ? 3_600_000 : onCluster ? 1_800_000 : 300_000,
    fileParallelism: !onCluster,
    maxWorkers: 2,
    globalSetup: 'test/set-up.ts',
    allowOnly: process.env.CI === undefined,
    env: { TIER: tier },
  },
});
