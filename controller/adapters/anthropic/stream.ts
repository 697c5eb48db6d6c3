// The whole of an answer, put together as it comes.
import type Anthropic from '@anthropic-ai/sdk';
import { type Usage, usageSchema } from '../../core/money.ts';
import type { ModelRequest } from '../../llm/model.ts';
import { bodyOf } from './body.ts';
import type { CallTimeouts } from './timeouts.ts';

/** Throws where the stream ends before the answer does. */
export async function streamed(client: Anthropic, request: ModelRequest, timeouts: CallTimeouts) {
  const said = { text: '', stopReason: '', category: '', usage: null as Usage | null };
  let started: Anthropic.Usage | null = null;
  const body = { ...bodyOf(request), max_tokens: request.maxOutputTokens, stream: true as const };
  for await (const event of await client.messages.create(body, { signal: timeouts.signal })) {
    if (event.type === 'message_start') started = event.message.usage ?? null;
    else if (event.type === 'content_block_delta' && event.delta.type === 'text_delta')
      said.text += event.delta.text;
    else if (event.type === 'message_delta') {
      said.stopReason = event.delta.stop_reason ?? '';
      said.category = event.delta.stop_details?.category ?? '';
      // Nothing makes a proxy tell what was used.
      if (started && event.usage) said.usage = usageOf(started, event.usage.output_tokens);
    } else if (event.type === 'message_stop') return said;
  }
  throw new Error('it ended before the answer did');
}

/** The input is told at the beginning, the output at the end. Whatever the types say, a gateway may tell anything. */
function usageOf(started: Anthropic.Usage, outputTokens: number): Usage | null {
  const told = usageSchema.safeParse({
    inputTokens: started.input_tokens,
    cacheReadTokens: started.cache_read_input_tokens ?? 0,
    cacheWriteTokens: started.cache_creation_input_tokens ?? 0,
    outputTokens,
  });
  return told.success ? told.data : null;
}
