import { defineConfig } from 'vitest/config';

/**
 * quick: nothing but memory and CPU. test: all that ends in minutes. long: everything. cluster: what needs a Kubernetes
 * cluster, which is brought up first. See test/run.ts.
 */
const tier = process.env.TIER ?? 'test';

const quick = ['test/core/**', 'test/memory/**', 'test/sim/**', 'test/architecture*'].map(
  (at) => `${at}/*.test.ts`,
);

export default defineConfig({
  test: {
    include:
      tier === 'quick'
        ? [...quick, 'test/architecture.test.ts']
        : [tier === 'cluster' ? 'test/cluster/**/*.test.ts' : 'test/**/*.test.ts'],
    exclude: [
      '**/node_modules/**',
      '**/.venv/**',
      ...(tier === 'long' ? [] : ['test/**/*.long.test.ts']),
      ...(tier === 'long' || tier === 'cluster' ? [] : ['test/cluster/**']),
    ],
    // Timeouts only end what hangs: no test may depend on how busy the machine is.
    testTimeout: tier === 'long' ? 3_600_000 : 60_000,
    hookTimeout: tier === 'long' ? 3_600_000 : 60_000,
    maxWorkers: 2,
    allowOnly: process.env.CI === undefined,
    env: { TIER: tier },
  },
});
