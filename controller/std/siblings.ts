// Promises that are waited for together.

/**
 * The values of all of them. Throws the first failure, and only once the others have ended, too: what goes on after its
 * caller was told of a failure is counted by nobody.
 */
export async function siblings<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
