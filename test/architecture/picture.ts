// The picture of the rooms in DESIGN.md, made from the rules that are enforced. Pure: the rules come in, Markdown goes out.
import type { Rules } from './rules.ts';

/** What the picture stands between in DESIGN.md. */
export const BEGIN = '<!-- rooms: made by `npx node test/architecture/draw.ts --write` -->';
export const END = '<!-- end of the rooms -->';

/** Tests may import everything, and what is built before the controller belongs to no room of it. */
const BESIDE: ReadonlySet<string> = new Set(['setup', 'images', 'test', 'harness']);

/** What each room of the controller may import; a room with all that are within it is one, adapters are, too. */
export function importsOf({ arrows }: Pick<Rules, 'arrows'>): Map<string, string[]> {
  const whole = new Map<string, Set<string>>();
  for (const [room, to] of Object.entries(arrows)) {
    const one = wholeOf(room);
    if (BESIDE.has(one)) continue;
    whole.set(one, new Set([...(whole.get(one) ?? []), ...to.map(wholeOf)]));
  }
  const rooms = [...whole.keys()];
  const everything = rooms.filter((room) => !whole.get(room)!.has('*'));
  return new Map(
    rooms.map((room): [string, string[]] => {
      const allowed = whole.get(room)!;
      const named = allowed.has('*') ? everything : rooms.filter((other) => allowed.has(other));
      return [room, named.filter((other) => other !== room)];
    }),
  );
}

const wholeOf = (room: string) => room.split('/')[0]!;

/** A mermaid diagram of the arrows that no longer way implies, and a table of all of them. */
export function pictureOf(rules: Rules): string {
  const imports = importsOf(rules);
  const arrows = [...imports].flatMap(([from, to]) =>
    to
      .filter((room) => !to.some((via) => reaches(imports, via, room)))
      .map((room) => `  ${from} --> ${room}`),
  );
  const rows = [...imports].map(
    ([room, to]) => `| ${room} | ${to.join(', ') || 'nothing'} | ${packages(rules, room)} |`,
  );
  return [
    '```mermaid',
    'flowchart TD',
    ...arrows,
    '```',
    '',
    '| room | may import | packages it may use |',
    '|---|---|---|',
    ...rows,
  ].join('\n');
}

/** The document with this picture in it. Throws where the marks are not there. */
export function withPicture(document: string, picture: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin)
    throw new Error(`the document needs a line ${BEGIN} and below it a line ${END}`);
  return `${document.slice(0, begin + BEGIN.length)}\n\n${picture}\n\n${document.slice(end)}`;
}

function reaches(imports: ReadonlyMap<string, readonly string[]>, from: string, to: string): boolean {
  return (imports.get(from) ?? []).some((next) => next === to || reaches(imports, next, to));
}

function packages({ homes }: Rules, room: string): string {
  const named = Object.entries(homes).filter(([, places]) =>
    places.some((place) => place.startsWith(`controller/${room}/`) || place === `controller/${room}.ts`),
  );
  return named.map(([name]) => `\`${name}\``).join(', ');
}
