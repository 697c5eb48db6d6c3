// One watch: what happened since a version, then what happens, with a bookmark now and then.
import type { Stroke } from './faults.ts';
import type { Change, Objects } from './objects.ts';
import type { Matches } from './selector.ts';
import type { Ask } from './server.ts';

const BOOKMARK_MS = 60_000;

export function serveWatch(
  objects: Objects,
  plural: string,
  matches: Matches,
  ask: Ask,
  stroke: Stroke | null,
): void {
  const { query, response } = ask;
  const from = query.get('resourceVersion') ?? '';
  const say = (type: string, object: unknown) => response.write(`${JSON.stringify({ type, object })}\n`);
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
  let cancelBookmark = () => {};
  const bookmark = () => {
    cancelBookmark = objects.time.after(BOOKMARK_MS, () => {
      const kind = query.get('allowWatchBookmarks') === 'true';
      if (kind) say('BOOKMARK', { metadata: { resourceVersion: String(objects.version), name: '' } });
      bookmark();
    });
  };
  bookmark();
  const seconds = Number(query.get('timeoutSeconds') ?? 1800);
  const cancelEnd = objects.time.after(1000 * seconds, () => response.end());
  response.on('close', () => {
    off();
    cancelBookmark();
    cancelEnd();
  });
}
