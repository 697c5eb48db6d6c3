// What every client of a language model must do, whoever provides it.
import { afterAll, describe, expect, test } from 'vitest';
import type { ModelClient, ModelRequest } from '../../controller/llm/model.ts';

/** What the provider does with the next calls. */
export type ModelFate =
  | { readonly kind: 'answers'; readonly text: string }
  | { readonly kind: 'cuts' | 'refuses' | 'unauthorized' | 'overloaded' | 'breaks' | 'falls silent' };

interface ModelWorld {
  /** Its provider does this with every call. `idleMs`: the longest that a call may be silent. */
  client(fate: ModelFate, idleMs: number): Promise<ModelClient>;
  close(): Promise<void>;
}

const never = new AbortController().signal;
const PATIENT_MS = 60_000;

export function modelConforms(name: string, world: ModelWorld, asked: ModelRequest): void {
  describe(`${name} is a model client:`, () => {
    afterAll(() => world.close());
    const ask = async (fate: ModelFate, idleMs = PATIENT_MS) =>
      (await world.client(fate, idleMs)).ask(asked, never);

    test('an answer comes whole, with what it used: whole tokens whose kinds do not overlap', async () => {
      const text = JSON.stringify({ words: 'ä€😀'.repeat(500) });
      const said = await ask({ kind: 'answers', text });
      expect(said).toMatchObject({ kind: 'answered', text, stopReason: 'end_turn', category: '' });
      if (said.kind !== 'answered' || said.usage === null) throw new Error('it tells no usage');
      for (const tokens of Object.values(said.usage)) expect(tokens).toBeGreaterThanOrEqual(0);
      expect(said.usage.outputTokens).toBeGreaterThan(0);
      expect(said.surcharge).toBeGreaterThanOrEqual(1);
      expect(said.seconds).toBeGreaterThanOrEqual(0);
    });

    test.each<[ModelFate, string]>([
      [{ kind: 'cuts' }, 'max_tokens'],
      [{ kind: 'refuses' }, 'refusal'],
    ])('an answer that ends otherwise says so in the same words: %o', async (fate, stopReason) => {
      expect(await ask(fate)).toMatchObject({ kind: 'answered', stopReason });
    });

    test.each<[ModelFate, object]>([
      [{ kind: 'unauthorized' }, { fault: 'key', free: true }],
      [{ kind: 'overloaded' }, { fault: 'passing', free: true }],
      [{ kind: 'breaks' }, { fault: 'passing', free: false }],
      [{ kind: 'falls silent' }, { fault: 'passing', free: false, reason: 'idle' }],
    ])(
      'a call that fails is a value that says whether it may have cost something: %o',
      async (fate, wanted) => {
        const said = await ask(fate, fate.kind === 'falls silent' ? 100 : PATIENT_MS);
        expect(said).toMatchObject({ kind: 'failed', ...wanted });
        if (said.kind !== 'failed') return;
        expect(said.reason.length).toBeLessThanOrEqual(64);
        expect(said.sentence).not.toBe('');
        if (said.fault !== 'passing') expect(said.sentence).toMatch(/; \S/);
        if (!said.free) expect(said.heard.seconds).toBeGreaterThanOrEqual(0);
      },
    );

    test('a call that is stopped rejects, and so do the questions that cost nothing', async () => {
      const client = await world.client({ kind: 'falls silent' }, PATIENT_MS);
      const stopping = new AbortController();
      const call = client.ask(asked, stopping.signal);
      stopping.abort();
      await expect(call).rejects.toThrow();
      await expect(client.probe(asked.model, AbortSignal.abort())).rejects.toThrow();
      await expect(client.count(asked, AbortSignal.abort())).rejects.toThrow();
    });

    test('what is asked for nothing tells facts, or why not', async () => {
      const client = await world.client({ kind: 'answers', text: '{}' }, PATIENT_MS);
      expect((await client.probe(asked.model, never)).kind).toBe('facts');
      const counted = await client.count(asked, never);
      if (counted.kind === 'counted') expect(counted.inputTokens).toBeGreaterThan(0);
      else expect(counted).toMatchObject({ fault: 'passing', free: true });
    });
  });
}
