// Ctrl-C, and what a system sends to end a process: the first asks, the second ends.

/**
 * `ending` aborts at the first. A second ends this process at once, also where it came while the first could not be heard
 * yet: Node drops a signal that nobody listens to any more. Gives what stops listening.
 */
export function interruptedBy(ending: AbortController): () => void {
  let asked = false;
  const heard = (signal: NodeJS.Signals) => {
    if (asked) {
      deaf();
      process.kill(process.pid, signal);
    }
    asked = true;
    ending.abort();
  };
  const deaf = () => void process.off('SIGINT', heard).off('SIGTERM', heard);
  process.on('SIGINT', heard).on('SIGTERM', heard);
  return deaf;
}
