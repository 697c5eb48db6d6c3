// What a set-up step says while it works: stderr only, because stdout carries the answer.

const began = performance.now();

/** Writes one line to stderr, after the seconds since this process began to work. */
export function say(line: string): void {
  const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(6);
  process.stderr.write(`${seconds}s  ${line}\n`);
}

/** Says what is being done, does it, and says how long that took; what it throws passes through. */
export async function step<T>(doing: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  say(`${doing} …`);
  const result = await work();
  say(`${doing}: done in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}
