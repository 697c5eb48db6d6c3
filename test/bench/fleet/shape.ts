// How the bench of a fleet is shaped; known to all of its processes.
export const NODES = 125;
export const GPUS_PER_NODE = 8;
/** One lane of 500 runs at a time, and a hundred of 5. */
export const WIDTHS: readonly number[] = [500, ...Array.from({ length: 100 }, () => 5)];
export const BUDGET_SECONDS = 300;
/** A container's life: the budget, and what starting and being measured take. */
export const RUN_SECONDS = 320;
export const POOL_LABEL = { 'autoresearch.dev/pool': 'fleet' };
export const TAINT = { key: 'kwok.x-k8s.io/node', value: 'fake', effect: 'NoSchedule' };
