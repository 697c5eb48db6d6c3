// The keys of a map that only grows, as far as it had grown once: what a long list was, without a copy of it.

export class KeysSoFar implements Iterable<string> {
  readonly #places: ReadonlyMap<string, number>;
  readonly #size: number;
  readonly #also: ReadonlySet<string>;

  /** `places`: each key by how many were there before it. `also` belongs to this list alone. */
  constructor(places: ReadonlyMap<string, number>, also: ReadonlySet<string>) {
    this.#places = places;
    this.#size = places.size;
    this.#also = also;
  }

  includes(key: string): boolean {
    return (this.#places.get(key) ?? this.#size) < this.#size || this.#also.has(key);
  }

  *[Symbol.iterator](): Generator<string> {
    for (const [key, place] of this.#places) if (place < this.#size) yield key;
    for (const key of this.#also) if ((this.#places.get(key) ?? this.#size) >= this.#size) yield key;
  }

  toJSON(): string[] {
    return [...this];
  }
}
