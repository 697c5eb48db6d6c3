// How the bench of a thousand concurrent experiments is shaped; known to both of its processes.
export const WIDTH = 1000;
/** Seconds of a run on average: with 1,000 at a time ten of them end in a second. */
export const RUN_SECONDS = 100;
/** Seconds that are measured, from the moment on when all slots are taken. */
export const MEASURED_SECONDS = 60;
