// The lines of a stream, and its bytes, such that no error of it goes unheard and none is heard twice.
import type { Readable } from 'node:stream';

/** Longer than any object the API server stores. */
const LINE_AT_MOST = 16 << 20;

/** Each complete line. Throws where the stream breaks off, or a line does not end. */
export async function* linesOf(stream: Readable): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunksOf(stream)) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      rest.push(chunk.subarray(from, end));
      yield Buffer.concat(rest).toString();
      rest = [];
      size = 0;
      from = end + 1;
    }
    rest.push(chunk.subarray(from));
    size += chunk.length - from;
    if (size > LINE_AT_MOST) throw new Error(`a line is longer than ${LINE_AT_MOST} bytes`);
  }
}

/** All bytes, up to `atMost`; the rest is not waited for. Throws where the stream breaks off. */
export async function bytesOf(stream: Readable, atMost: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunksOf(stream)) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= atMost) break;
  }
  return Buffer.concat(chunks).subarray(0, atMost);
}

function chunksOf(stream: Readable): AsyncIterable<Buffer> {
  // Who reads hears of an error by the iteration. One that comes after the reader has left, as every aborted watch
  // gives, would otherwise end the process.
  stream.on('error', () => {});
  return stream as AsyncIterable<Buffer>;
}
