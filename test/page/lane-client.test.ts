// How the page asks while its server does not answer: now and then, and it says why it has nothing to show.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AGAIN_MS, Client, type LaneState } from '../../controller/page/browser/facts/lane-client.ts';

let asked: string[];
let told: LaneState[];
let unread: string[];
let ending: AbortController;

beforeEach(() => {
  vi.useFakeTimers();
  [asked, told, unread, ending] = [[], [], [], new AbortController()];
});
afterEach(() => {
  ending.abort();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function followed(answer: (path: string) => Response | Promise<Response>): void {
  vi.stubGlobal('fetch', async (path: string) => {
    asked.push(path);
    return answer(path);
  });
  const client = new Client('token');
  void client.follow(
    'main',
    (state) => told.push(state),
    (sentence) => unread.push(sentence),
    ending.signal,
  );
}

test('a lane that cannot be read is asked for every two seconds, and the page says why', async () => {
  followed(() => new Response('git does not answer', { status: 500 }));
  await vi.advanceTimersByTimeAsync(AGAIN_MS - 1);
  expect(asked).toEqual(['/api/v1/lanes/main', '/api/v1/lanes/main/rows']);
  expect(unread).toEqual(['git does not answer; it is tried again every two seconds']);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toHaveLength(4);
  expect(told).toEqual([]);
});

test('a connection that says nothing for longer than its heartbeat is told as broken, and opened again', async () => {
  followed((path) => {
    if (path.endsWith('/events')) return new Response(new ReadableStream());
    return Response.json(path.endsWith('/rows') ? { columns: [], rows: [] } : { lane: 'main' });
  });
  const streams = () => asked.filter((path) => path.endsWith('/events')).length;
  await vi.advanceTimersByTimeAsync(44_000);
  expect([streams(), told.at(-1)!.trouble]).toEqual([1, '']);
  await vi.advanceTimersByTimeAsync(1500);
  expect(told.at(-1)!.trouble).toBe('not connected; it is tried again every two seconds');
  await vi.advanceTimersByTimeAsync(AGAIN_MS);
  expect(streams()).toBe(2);
  // The new one has not answered yet.
  expect(told.at(-1)!.trouble).toBe('not connected; it is tried again every two seconds');
});

test('where all is to be read anew and cannot be, that is told, and the old rows stay', async () => {
  let away = false;
  followed((path) => {
    if (path.endsWith('/events')) {
      away = true;
      return new Response('event: resync\ndata: {}\n\n');
    }
    if (away) return new Response('git does not answer', { status: 500 });
    return Response.json(path.endsWith('/rows') ? { columns: [], rows: [] } : { lane: 'main' });
  });
  await vi.advanceTimersByTimeAsync(AGAIN_MS - 1);
  expect(told.map(({ trouble }) => trouble)).toEqual([
    '',
    'not connected; it is tried again every two seconds',
  ]);
  expect(told.at(-1)!.summary).toEqual({ lane: 'main' });
});
