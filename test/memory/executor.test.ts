import { describe, expect, test } from 'vitest';
import type { Intent } from '../../controller/ports.ts';
import { executorConforms, intentOf, LINES } from '../contract/executor.ts';
import { MemoryMachine, type Scene, type Script } from './executor.ts';

/** Time that passes only when asked to. */
class Hours {
  #now = 1_000_000;
  now = () => this.#now;
  pass(ms: number): void {
    this.#now += ms;
  }
}

const trainPy = (act: string) => act;
const plain: Script = (intent, { nonce }) => ({
  pendingMs: 10,
  durationMs: intent.trainPy === 'lasts' ? Number.POSITIVE_INFINITY : 1000,
  ending: { sealed: JSON.stringify({ nonce }), word: '', sentence: '' },
  log: intent.trainPy === 'lasts' ? `${LINES[0]}\n` : `${LINES[0]}\n${LINES[1]}\n`,
});

executorConforms('the memory machine', async () => {
  const clock = new Hours();
  const machine = new MemoryMachine(plain, clock);
  return {
    open: () => machine.open(),
    trainPy,
    async until(holds) {
      for (let i = 0; i < 10; i++) {
        if (await holds()) return;
        clock.pass(200);
      }
      throw new Error('it never came to that');
    },
    close: async () => {},
  };
});

describe('the memory machine', () => {
  const intent = intentOf({ trainPy }, 'ends');
  const open = (scene: (held: number) => Scene, seed = 0) => {
    const clock = new Hours();
    const machine = new MemoryMachine((_, { held }) => scene(held), clock, seed);
    return { clock, machine };
  };
  const ending = { sealed: null, word: 'gone', sentence: 'the node is gone' };

  test('lets a run be pending, running and ended at the times of its script', () => {
    const { clock, machine } = open(() => ({ pendingMs: 5, durationMs: 20, ending, log: null }));
    machine.launch(intent);
    const kinds: string[] = [];
    for (let i = 0; i < 6; i++, clock.pass(5)) kinds.push(machine.list(intent.lane)[0]!.state.kind);
    expect(kinds).toEqual(['pending', 'running', 'running', 'running', 'running', 'ended']);
    expect(machine.list(intent.lane)[0]!.state).toEqual({
      kind: 'ended',
      ending: { ...ending, atMs: 1_000_025 },
    });
  });

  test('loses the log with a run that is gone', async () => {
    const { clock, machine } = open(() => ({ durationMs: 1, ending, log: null }));
    machine.launch(intent);
    clock.pass(1);
    expect(await machine.open().log(machine.list(intent.lane)[0]!)).toBeNull();
  });

  test('lets a run vanish at its end, or when told to', () => {
    const { clock, machine } = open(() => ({ durationMs: 1, ending: 'vanishes', log: '' }));
    machine.launch(intent);
    expect(machine.list(intent.lane).length).toBe(1);
    clock.pass(1);
    expect(machine.list(intent.lane)).toEqual([]);
    machine.launch(intent);
    machine.vanish(intent);
    expect(machine.list(intent.lane)).toEqual([]);
    expect(machine.launches).toBe(2);
  });

  test('holds a launch back as long as the script says, using nothing up', () => {
    const { machine } = open((held) =>
      held < 2 ? { held: 'no room' } : { durationMs: 1, ending, log: null },
    );
    const answers = [1, 2, 3].map(() => machine.launch(intent).kind);
    expect(answers).toEqual(['held', 'held', 'launched']);
    expect([machine.launches, machine.occupied]).toEqual([1, 2]);
  });

  test('tells when the next run starts or ends', () => {
    const { clock, machine } = open(() => ({ pendingMs: 5, durationMs: 20, ending, log: null }));
    expect(machine.nextChangeMs()).toBeNull();
    machine.launch(intent);
    const times: (number | null)[] = [];
    for (let at = machine.nextChangeMs(); ; at = machine.nextChangeMs()) {
      times.push(at);
      if (at === null) break;
      clock.pass(at - clock.now());
    }
    expect(times).toEqual([1_000_005, 1_000_025, null]);
  });

  test('draws the same for a run whatever was launched before, and otherwise under another seed', () => {
    const draws = (seed: number, others: number) => {
      const drawn: number[] = [];
      const script: Script = (of, { rng }) => {
        if (of.experiment === intent.experiment) drawn.push(rng(), rng(), rng());
        return { durationMs: 1, ending, log: null };
      };
      const machine = new MemoryMachine(script, new Hours(), seed);
      for (let n = 0; n < others; n++) machine.launch(intentOf({ trainPy }, 'ends', n + 2));
      machine.launch(intent);
      return { drawn, nonce: machine.list(intent.lane)[0]!.nonce };
    };
    expect(draws(1, 0)).toEqual(draws(1, 5));
    expect(draws(1, 0)).not.toEqual(draws(2, 0));
    for (const draw of draws(1, 0).drawn) expect(draw).toSatisfy((x: number) => x >= 0 && x < 1);
  });

  test('takes a launch, a look and a removal in turn, ten thousand times, without keeping any', () => {
    const { clock, machine } = open(() => ({ durationMs: 1, ending, log: null }));
    for (let n = 0; n < 10_000; n++) {
      const one: Intent = { ...intent, experiment: String(n).padStart(6, '0') };
      machine.launch(one);
      clock.pass(1);
      machine.vanish(machine.list(one.lane)[0]!);
    }
    expect(machine.launches).toBe(10_000);
    expect(machine.list(intent.lane)).toEqual([]);
  });
});
