// The page of a cluster's lanes: served in the controller's Pod, on its loopback, and brought here by kubectl. So who may
// run commands in that Pod may read it, and nobody else.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { type ExitCode, Failure } from '../failure.ts';
import { newToken } from '../page/access.ts';
import { listenNear } from '../page/listen.ts';
import { doubling } from '../std/backoff.ts';
import { interruptedBy } from './interrupt.ts';
import { DATA, without } from './kubectl.ts';
import { person } from './steer/steering.ts';
import { write } from './terminal/print.ts';
import { talk } from './terminal/terminal.ts';

const PORT = 7878;
const again = doubling(500, 15_000);
const WORDS_CHARACTERS = 300;

/** Until it is interrupted. What breaks on the way is made anew, under the same link. Throws Failure 3 where it never stood. */
export async function forwardPage(
  kubectl: readonly string[],
  pod: string,
  words: readonly string[],
): Promise<ExitCode> {
  const ending = new AbortController();
  const deaf = interruptedBy(ending);
  try {
    const at = words.findIndex((word) => word === '--port' || word.startsWith('--port='));
    const wanted = at < 0 ? PORT : Number(words[at]!.split('=')[1] ?? words[at + 1]);
    const steering = words.includes('--steering');
    const rest = without(words, ['--port']).filter((word) => word !== '--steering');
    const page = new FarPage(kubectl, pod, rest, await freePort(wanted), steering);
    await page.hold(ending.signal);
    return 0;
  } finally {
    deaf();
  }
}

class FarPage {
  readonly #kubectl: readonly string[];
  readonly #pod: string;
  readonly #words: readonly string[];
  readonly #port: number;
  /** Of this process, not of the one there: a browser that was shown the page goes on after that one is replaced. */
  readonly #read = newToken();
  readonly #steering: string | null;
  #shown = false;
  #failures = 0;

  constructor(
    kubectl: readonly string[],
    pod: string,
    words: readonly string[],
    port: number,
    steering: boolean,
  ) {
    this.#steering = steering ? newToken() : null;
    this.#kubectl = kubectl;
    this.#pod = pod;
    this.#words = words;
    this.#port = port;
  }

  async hold(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const command = ['autoresearch', ...this.#words, '--dir', DATA, '--port', '0'];
      const serving = this.#start(
        ['exec', '-i', this.#pod, '--', ...command, '--behind', String(this.#port)],
        signal,
      );
      const steering = this.#steering === null ? '' : ` ${this.#steering} ${person()}`;
      serving.say(`${this.#read}${steering}\n`); // not as an argument, which all processes there could read
      const told = await serving.line(/^(\S+) (\d+)$/);
      if (told) await this.#forward(told[1]!, told[2]!, serving, signal);
      serving.end();
      if (!signal.aborted) await this.#lost(await serving.ended, signal);
    }
  }

  /** As long as the page there is served. */
  async #forward(pod: string, port: string, serving: Kubectl, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && serving.alive) {
      const ports = `${this.#port}:${port}`;
      const tunnel = this.#start(['port-forward', '--address', '127.0.0.1', `pod/${pod}`, ports], signal);
      if (await tunnel.line(/^Forwarding from /)) {
        this.#failures = 0;
        if (this.#shown) talk('the page is there again, under the same link');
        else this.#show();
        await Promise.race([tunnel.ended, serving.ended]);
      }
      tunnel.end();
      if (!signal.aborted && serving.alive) await this.#lost(await tunnel.ended, signal);
    }
  }

  #start(args: readonly string[], signal: AbortSignal): Kubectl {
    return new Kubectl([...this.#kubectl, ...args], signal);
  }

  #show(): void {
    this.#shown = true;
    write(`http://127.0.0.1:${this.#port}/#t=${this.#steering ?? this.#read}`);
    const may = this.#steering === null ? 'read' : 'read and change';
    talk(`The link holds a token: whoever has it may ${may} these lanes. Ctrl-C ends the page.`);
  }

  async #lost(words: string, signal: AbortSignal): Promise<void> {
    const why = words.trim().slice(-WORDS_CHARACTERS) || 'kubectl ended';
    if (!this.#shown)
      throw new Failure(3, `the page cannot be brought here: ${why}; mend that, then call it again`);
    talk(`the page was cut off (${why.split('\n').at(-1)}); connecting again`);
    await delay(again(this.#failures++), undefined, { signal }).catch(() => {});
  }
}

/** A kubectl that stays, with what it says. */
class Kubectl {
  /** What it wrote to stderr, once it has ended. */
  readonly ended: Promise<string>;
  alive = true;
  readonly #process: ReturnType<typeof spawn>;

  constructor(args: readonly string[], signal: AbortSignal) {
    this.#process = spawn(args, signal);
    this.ended = this.#process.then(({ stderr }) => {
      this.alive = false;
      return stderr;
    });
  }

  say(words: string): void {
    this.#process.stdin.on('error', () => {}).write(words); // where it ended, `ended` says why
  }

  /** The first line like this; null where it ends without one. What it says later is read, and dropped. */
  async line(like: RegExp): Promise<RegExpExecArray | null> {
    const lines = createInterface({ input: this.#process.stdout });
    const found = new Promise<RegExpExecArray>((resolve) => {
      lines.on('line', (line) => {
        const match = like.exec(line);
        if (match) resolve(match);
      });
    });
    return Promise.race([found, this.ended.then(() => null)]);
  }

  end(): void {
    this.#process.kill();
  }
}

function spawn(args: readonly string[], signal: AbortSignal) {
  return execa('kubectl', args, {
    stdin: 'pipe',
    cancelSignal: signal,
    cleanup: false, // on SIGTERM it would end this process, too, before its time
    reject: false,
    buffer: { stdout: false },
    maxBuffer: 1 << 20,
  });
}

/** This one or one of the next; kubectl cannot be told to look for one that a link can name. */
async function freePort(wanted: number): Promise<number> {
  const probe = createServer();
  const port = await listenNear(probe, wanted);
  probe.close();
  await once(probe, 'close');
  return port;
}
