// The events of an answer, in the order and the shape in which the Messages API sends them.
import { tokensIn } from './cache.ts';

/** What the script has to say. */
export interface ScriptedAnswer {
  /** An object is sent as JSON; text as it is. */
  readonly answer: object | string;
  readonly stopReason?: string;
  /** Of a refusal. */
  readonly category?: string;
  /** Thinking, which is paid, and not kept. */
  readonly thinkingTokens?: number;
  /** The API forgets to say what was used. */
  readonly withoutUsage?: boolean;
  /** What a gateway tells instead of the true counts; undefined is left out. */
  readonly told?: Readonly<Record<string, unknown>>;
}

interface AskedFor {
  readonly model: string;
  readonly max_tokens: number;
  readonly system: readonly { readonly cache_control?: { readonly ttl: string } | undefined }[];
}

export type StreamEvent = readonly [event: string, fields: object];

/** As a server-sent event. */
export function sse([event, fields]: StreamEvent): string {
  return `event: ${event}\ndata: ${JSON.stringify({ type: event, ...fields })}\n\n`;
}

interface InputCounts {
  readonly input: number;
  readonly read: number;
  readonly written: number;
}

/** Every kind of event that an answer with thinking has: a stream may break off after any of them. */
export const EVENTS = [
  'message_start',
  'ping',
  'content_block_start (thinking)',
  'thinking_delta',
  'signature_delta',
  'content_block_stop (thinking)',
  'content_block_start (text)',
  'text_delta',
  'content_block_stop (text)',
  'message_delta',
] as const;

/** All events of an answer, and the output tokens that it is charged for. */
export function eventsOf(
  asked: AskedFor,
  said: ScriptedAnswer,
  tokens: InputCounts,
): { readonly events: readonly StreamEvent[]; readonly outputTokens: number } {
  const { stopReason = 'end_turn', category, thinkingTokens = 0, withoutUsage = false, told = {} } = said;
  const whole = typeof said.answer === 'string' ? said.answer : JSON.stringify(said.answer);
  const shown = stopReason === 'max_tokens' ? whole.slice(0, 4 * asked.max_tokens) : whole;
  const outputTokens = thinkingTokens + tokensIn(shown);
  const usage = (output_tokens: number) =>
    withoutUsage ? {} : { usage: { ...usageOf(asked, tokens), output_tokens, ...told } };
  const message = {
    id: 'msg_stand_in',
    type: 'message',
    role: 'assistant',
    model: asked.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    ...usage(1),
  };
  const blocks: StreamEvent[][] = [];
  if (thinkingTokens > 0) {
    blocks.push(
      blockOf(blocks.length, { type: 'thinking', thinking: '', signature: '' }, [
        { type: 'thinking_delta', thinking: 'Which constant?' },
        { type: 'signature_delta', signature: 'EqQBCgIYAhIM' },
      ]),
    );
  }
  const texts: object[] = [];
  for (let at = 0; at < shown.length; at += 400)
    texts.push({ type: 'text_delta', text: shown.slice(at, at + 400) });
  // Who declines at once says nothing.
  if (shown !== '' || stopReason !== 'refusal')
    blocks.push(blockOf(blocks.length, { type: 'text', text: '' }, texts));
  const stop_details =
    stopReason === 'refusal'
      ? { type: 'refusal', category: category ?? null, explanation: 'It may help somebody else.' }
      : null;
  const delta = { stop_reason: stopReason, stop_sequence: null, stop_details };
  const events: StreamEvent[] = [
    ['message_start', { message }],
    ['ping', {}],
    ...blocks.flat(),
    ['message_delta', { delta, ...usage(outputTokens) }],
    ['message_stop', {}],
  ];
  return { events, outputTokens };
}

function blockOf(index: number, content_block: object, deltas: readonly object[]): StreamEvent[] {
  return [
    ['content_block_start', { index, content_block }],
    ...deltas.map((delta): StreamEvent => ['content_block_delta', { index, delta }]),
    ['content_block_stop', { index }],
  ];
}

/** Cache writes are told twice: in all, and by how long they are kept. */
function usageOf({ system }: AskedFor, { input, read, written }: InputCounts) {
  const hour = system.some((block) => block.cache_control?.ttl === '1h');
  return {
    input_tokens: input,
    cache_read_input_tokens: read,
    cache_creation_input_tokens: written,
    cache_creation: {
      ephemeral_5m_input_tokens: hour ? 0 : written,
      ephemeral_1h_input_tokens: hour ? written : 0,
    },
    service_tier: 'standard',
    inference_geo: 'global',
    speed: 'standard',
  };
}
