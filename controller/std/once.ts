// What is made at most once, and only if somebody asks.

/** Makes it at the first call, and answers with the same from then on. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
