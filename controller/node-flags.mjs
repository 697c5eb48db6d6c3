// How Node is started for a controller, here and in its image. It waits most of its life: a small nursery and a heap
// that grows late take a sixth of the loop's memory away. With V8's own idea of late it is collected whole every five
// experiments, which takes a fifth of all CPU time on a cluster; at two fifths beyond what is live it is not, for 5 MB.
// One thread of V8's own is enough for what little there is to collect and to compile; without a number it takes four,
// or one for each core.
// What runs once in minutes is not compiled anew each time.
export const NODE_FLAGS = [
  '--optimize-for-size',
  '--heap-growing-percent=40',
  '--max-semi-space-size=4',
  '--v8-pool-size=1',
  '--no-flush-bytecode',
];
