// Text of runs and models on its way to a terminal, which it may only be read on: it comes from untrusted code.
import { isAbsolute, relative } from 'node:path';
import { Readable, Transform, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { styleText } from 'node:util';
import { npmSays, startedFrom } from '../../environment.ts';
import { checkout, cloned } from '../../settings/checkout.ts';
import { printable } from '../../std/text.ts';
import { asCalled, calledBy } from './called.ts';

/** Of one endless line no more than this waits for its end. */
const LINE_CHARS = 64 * 1024;

/** Lines without terminal sequences, controls and what turns the direction of writing around; CR ends a line too. */
export function lines(text: string): string {
  return text
    .split(/\r\n|[\r\n]/)
    .map(printable)
    .join('\n');
}

/** The same of a stream of UTF-8. `redraws`: a progress line may be drawn over, as a log does it; in code CR would hide what stands before it. */
class Legible extends Transform {
  readonly #decoder = new TextDecoder();
  readonly #redraws: boolean;
  #rest = '';

  constructor(redraws: boolean) {
    super();
    this.#redraws = redraws;
  }

  override _transform(bytes: Buffer, _: BufferEncoding, done: TransformCallback): void {
    const text = this.#rest + this.#decoder.decode(bytes, { stream: true });
    const end = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1;
    const whole = text.length - end > LINE_CHARS ? text.length : end;
    this.#rest = text.slice(whole);
    done(null, this.#plain(text.slice(0, whole)));
  }

  override _flush(done: TransformCallback): void {
    done(null, this.#plain(this.#rest + this.#decoder.decode()));
  }

  #plain(text: string): string {
    if (!this.#redraws) return lines(text);
    return text.split('\r').map(lines).join('\r');
  }
}

/** Writes all of it to `to`: readable at a terminal, byte for byte where it is piped or redirected. */
export async function print(
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  to: NodeJS.WriteStream,
  redraws: boolean,
): Promise<void> {
  const from = Readable.from(bytes, { objectMode: false });
  if (to.isTTY) await pipeline(from, new Legible(redraws), to, { end: false });
  else await pipeline(from, to, { end: false });
}

const called = calledBy(cloned ? checkout.root : null, {
  script: npmSays().npm_lifecycle_event,
  from: startedFrom(),
});

/** A sentence of ours for a person here: commands in it can be typed as they stand. */
export function sentence(text: string): string {
  return asCalled(text, called);
}

/** The path as it can be typed here: without the folder where its reader stands, if it lies in that. */
export function shortly(path: string): string {
  const way = isAbsolute(path) ? relative(startedFrom(), path) : path;
  return way === '' || way.startsWith('..') || isAbsolute(way) ? path : way;
}

/** Talk, on stderr: always readable, for what went wrong is often told in others' words. */
export function talk(text: string): void {
  process.stderr.write(`${lines(sentence(text))}\n`);
}

/** The text in a colour, where stdout is a terminal that shows them: NO_COLOR and TERM=dumb are heard. */
export function colour(format: Parameters<typeof styleText>[0], text: string): string {
  return process.stdout.isTTY ? styleText(format, text, { stream: process.stdout }) : text;
}
