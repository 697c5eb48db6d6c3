// One watch: what happened since a version, then what happens, with a bookmark now and then.
import type { ServerResponse } from 'node:http';
import type { Stroke } from './faults.ts';
import type { Change, Objects } from './objects.ts';
import type { Matches } from './selector.ts';

export interface Ask {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly response: ServerResponse;
}

const BOOKMARK_MS = 60_000;
/** The last bookmark comes so long before the end that the next watch begins behind it. */
const BEFORE_END_MS = 2000;

export function serveWatch(
  objects: Objects,
  plural: string,
  matches: Matches,
  ask: Ask,
  stroke: Stroke | null,
): void {
  const { query, response } = ask;
  const from = query.get('resourceVersion') ?? '';
  const say = (type: string, object: unknown) => {
    // One that has ended is closed only when the other side has noticed.
    if (!response.writableEnded) response.write(`${JSON.stringify({ type, object })}\n`);
  };
  response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
  if (stroke?.kind === 'line') response.write(`${stroke.line}\n`);
  if (stroke?.kind === 'truncate') {
    response.write('{"type":"MODI', () => response.destroy());
    return;
  }
  if (from !== '' && from !== '0' && Number(from) < objects.compacted) {
    say('ERROR', {
      kind: 'Status',
      code: 410,
      reason: 'Expired',
      message: `too old resource version: ${from}`,
    });
    response.end();
    return;
  }
  const tell = (change: Change) => {
    if (change.plural !== plural) return;
    const was = change.before !== null && matches(change.before);
    const is = change.type !== 'DELETED' && matches(change.object);
    // To a watch with a selector an object that no longer matches is gone, and one that begins to match is new.
    if (is) say(was ? 'MODIFIED' : 'ADDED', change.object);
    else if (was) say('DELETED', change.object);
  };
  if (from === '' || from === '0')
    for (const thing of objects.all(plural).filter(matches)) say('ADDED', thing);
  else for (const change of objects.history) if (change.version > Number(from)) tell(change);
  const off = objects.onChange(tell);
  const seconds = Number(query.get('timeoutSeconds') ?? 1800);
  const endsMs = objects.time.nowMs + 1000 * seconds;
  let cancelBookmark = () => {};
  const bookmark = () => {
    const leftMs = endsMs - BEFORE_END_MS - objects.time.nowMs;
    if (leftMs <= 0) return;
    cancelBookmark = objects.time.after(Math.min(BOOKMARK_MS, leftMs), () => {
      const kind = query.get('allowWatchBookmarks') === 'true';
      if (kind) say('BOOKMARK', { metadata: { resourceVersion: String(objects.version), name: '' } });
      bookmark();
    });
  };
  bookmark();
  const cancelEnd = objects.time.after(1000 * seconds, () => response.end());
  response.on('close', () => {
    off();
    cancelBookmark();
    cancelEnd();
  });
}
