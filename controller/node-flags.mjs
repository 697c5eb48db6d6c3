// How Node is started for a controller, here and in its image. It waits most of its life: a small nursery and a heap
// that grows late take a quarter of its memory away, for more CPU time: a tenth where it is busy, half where it waits.
export const NODE_FLAGS = ['--optimize-for-size', '--max-semi-space-size=4'];
