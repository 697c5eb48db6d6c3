// Lists page by page: all pages of a list are of one moment, and expire together.
import type { Stroke } from './faults.ts';
import { type Objects, Refused, type Thing } from './objects.ts';
import { kindOfList } from './resources.ts';
import type { Matches } from './selector.ts';

export class Pages {
  readonly #objects: Objects;
  readonly #rests = new Map<string, { things: Thing[]; version: number }>();

  constructor(objects: Objects) {
    this.#objects = objects;
  }

  /** One page, and the token of the next. Throws a Refused. */
  list(plural: string, matches: Matches, query: URLSearchParams, stroke: Stroke | null): unknown {
    const objects = this.#objects;
    const limit = Number(query.get('limit') ?? 0) || Number.POSITIVE_INFINITY;
    const token = query.get('continue');
    let rest = token === null ? undefined : this.#rests.get(token);
    if (token !== null && (!rest || rest.version <= objects.compacted))
      throw new Refused(
        410,
        'Expired',
        'The provided continue parameter is too old to display a consistent list result.',
      );
    if (!rest) {
      const version = stroke?.kind === 'stale' ? stroke.version : objects.version;
      const things = stroke?.kind === 'stale' ? objects.at(plural, version) : objects.all(plural);
      rest = {
        things: things.filter(matches).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)),
        version,
      };
    }
    const items = rest.things.slice(0, limit);
    const left = rest.things.slice(limit);
    const metadata: { resourceVersion: string; continue?: string } = {
      resourceVersion: String(rest.version),
    };
    if (left.length > 0) {
      metadata.continue = `${rest.version}-${items.at(-1)!.metadata.name}`;
      this.#rests.set(metadata.continue, { things: left, version: rest.version });
    }
    return { kind: kindOfList(plural), apiVersion: 'v1', metadata, items };
  }
}
