// The whole of an answer, put together as it comes.
import type Anthropic from '@anthropic-ai/sdk';
import { type Usage, usageSchema } from '../../core/money.ts';
import type { ModelRequest } from '../../llm/model.ts';
import type { CallTimeouts } from '../call-timeouts.ts';
import { streamedBody } from './body.ts';
import { surchargeOf } from './surcharge.ts';

/** What an answer has said so far: what is known of it, should it break off. */
export class Said {
  text = '';
  stopReason = '';
  /** Of a refusal. */
  category = '';
  surcharge = 1;
  /** The input, as it was told at the beginning; its output is what was told last. */
  usage: Usage | null = null;
  /** Everything was told that is counted. */
  whole = false;
}

/** Throws where the stream ends before the answer does. */
export async function streamed(
  messages: Pick<Anthropic['messages'], 'create'>,
  request: ModelRequest,
  timeouts: CallTimeouts,
  said: Said,
): Promise<void> {
  let started: Anthropic.Usage | null = null;
  for await (const event of await messages.create(streamedBody(request), {
    signal: timeouts.signal,
  })) {
    if (event.type === 'message_start') {
      started = event.message.usage ?? null;
      said.usage = started && usageOf(started, 0);
      said.surcharge = surchargeOf(started);
    } else if (event.type === 'content_block_delta' && event.delta.type === 'text_delta')
      said.text += event.delta.text;
    else if (event.type === 'message_delta') {
      said.stopReason = event.delta.stop_reason ?? '';
      said.category = event.delta.stop_details?.category ?? '';
      // Nothing makes a proxy tell what was used.
      const told = started && event.usage ? usageOf(started, event.usage.output_tokens) : null;
      said.usage = told ?? said.usage;
      said.whole = told !== null;
      said.surcharge = Math.max(said.surcharge, surchargeOf(event.usage));
    } else if (event.type === 'message_stop') return;
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
