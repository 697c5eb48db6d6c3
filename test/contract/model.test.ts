// The conformance suite of the model client, run on those that there are.
import { describe } from 'vitest';
import { anthropicClient } from '../../controller/adapters/anthropic/client.ts';
import { systemClock } from '../../controller/adapters/clock.ts';
import { openaiClient } from '../../controller/adapters/openai/client.ts';
import { type CompletionSaid, CompletionsServer } from '../completions/server.ts';
import { bedrockRig, type CloudRig, inCloud, vertexRig } from '../messages/cloud-rig.ts';
import { request } from '../messages/rig.ts';
import { MessagesServer, type Said } from '../messages/server.ts';
import { type ModelFate, modelConforms } from './model.ts';

const often = { clock: systemClock, deadlineMs: 60_000 };

const messages: MessagesServer[] = [];
const MESSAGES: Readonly<Record<Exclude<ModelFate['kind'], 'answers'>, Said>> = {
  cuts: { answer: '{', stopReason: 'max_tokens' },
  refuses: { answer: '', stopReason: 'refusal', category: 'frontier_llm' },
  unauthorized: { fault: 'key_revoked' },
  overloaded: { fault: 'overloaded' },
  breaks: { fault: 'reset_at_8' },
  'falls silent': { fault: 'silent_at_8' },
};

modelConforms(
  'Claude',
  {
    async client(fate, idleMs) {
      const server = new MessagesServer(() =>
        fate.kind === 'answers' ? { answer: fate.text, thinkingTokens: 9 } : MESSAGES[fate.kind],
      );
      messages.push(server);
      return anthropicClient({
        ...often,
        credentials: { apiKey: 'k' },
        baseURL: await server.listen(),
        idleMs,
      });
    },
    async close() {
      await Promise.all(messages.map((server) => server.close()));
    },
  },
  request(),
);

describe.each([bedrockRig, vertexRig])('by the package of its cloud', (rigged) => {
  const rig = inCloud<CloudRig>(rigged);
  const servers: MessagesServer[] = [];
  const model = rigged === bedrockRig ? 'global.anthropic.claude-opus-5-5' : 'claude-opus-5-5';
  modelConforms(
    `Claude (${rigged.name})`,
    {
      async client(fate, idleMs) {
        const server = new MessagesServer(() =>
          fate.kind === 'answers' ? { answer: fate.text, thinkingTokens: 9 } : MESSAGES[fate.kind],
        );
        server.cloud = rig().cloud;
        servers.push(server);
        const { credentials } = rig();
        return anthropicClient({ ...often, credentials, baseURL: await server.listen(), idleMs });
      },
      async close() {
        await Promise.all(servers.map((server) => server.close()));
      },
    },
    request({ model }),
  );
});

const completions: CompletionsServer[] = [];
const COMPLETIONS: Readonly<Record<Exclude<ModelFate['kind'], 'answers'>, CompletionSaid>> = {
  cuts: { answer: '{', finish: 'length' },
  refuses: { answer: '', refusal: 'no' },
  unauthorized: { fault: 'key_revoked' },
  overloaded: { fault: 'server_error' },
  breaks: { fault: 'reset_midway' },
  'falls silent': { fault: 'silent' },
};

modelConforms(
  'a model behind chat completions',
  {
    async client(fate, idleMs) {
      const server = new CompletionsServer(() =>
        fate.kind === 'answers' ? { answer: fate.text } : COMPLETIONS[fate.kind],
      );
      completions.push(server);
      const baseURL = await server.listen();
      return openaiClient({ ...often, apiKey: 'k', baseURL, answers: 'schema', idleMs });
    },
    async close() {
      await Promise.all(completions.map((server) => server.close()));
    },
  },
  request(),
);
