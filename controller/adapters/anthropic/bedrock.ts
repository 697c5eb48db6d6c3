// Claude on Amazon Bedrock. It tells nothing for nothing: neither facts of a model, nor how long an input is.
import { AnthropicBedrock } from '@anthropic-ai/bedrock-sdk';
import { APIConnectionError, APIError } from '@anthropic-ai/sdk';
import { type Cloud, CloudErrors, messageSchema } from './cloud-errors.ts';
import type { BedrockAccess } from './credentials.ts';
import { passing, wordsOf } from './errors.ts';
import { type Platform, QUIET } from './platform.ts';

const AWS: Cloud = {
  name: 'AWS',
  unfound: /resolve AWS credentials/,
  give: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or a workload identity',
  allow: 'allow bedrock:InvokeModelWithResponseStream for this model, and the account to use it',
  // It says 403 of all that it does not let in.
  badKey:
    /^(UnrecognizedClient|InvalidClientTokenId|ExpiredToken|InvalidSignature|IncompleteSignature|SignatureDoesNotMatch|MissingAuthenticationToken)/,
  saidOf({ headers, error }) {
    // The exception's name, perhaps with an address behind it.
    const code = headers?.get('x-amzn-errortype')?.split(/[:#]/, 1)[0];
    return code ? { code, message: messageSchema.safeParse(error).data?.message ?? code } : null;
  },
};

/** What a stream ends with in AWS's words, and how the Messages API calls the same. */
const IN_STREAM: Readonly<Record<string, string>> = {
  throttlingException: 'rate_limit_error',
  serviceUnavailableException: 'overloaded_error',
  internalServerException: 'api_error',
  modelStreamErrorException: 'api_error',
  modelTimeoutException: 'timeout_error',
};

/** Of a call that is signed as any other, and goes nowhere. */
class NotSent extends Error {}

export function bedrock({ region, apiKey }: BedrockAccess): Platform {
  const errors = new CloudErrors(AWS);
  return {
    async open({ baseURL, timeoutMs }) {
      const client = new AnthropicBedrock({
        ...QUIET,
        apiKey,
        awsRegion: region,
        baseURL: baseURL ?? `https://bedrock-runtime.${region}.amazonaws.com`,
        timeout: timeoutMs,
      });
      return {
        streams: (fetch) => client.withOptions({ fetch: errors.identified(fetch) }).messages,
        /** Whether there are credentials, which is all that can be seen. */
        async probe(model, { signal }) {
          const fetch = errors.identified(() => Promise.reject(new NotSent()));
          const body = { model, max_tokens: 1, messages: [{ role: 'user' as const, content: '.' }] };
          const unsent = await client
            .withOptions({ fetch })
            .messages.create(body, { signal })
            .catch((error: unknown) => error);
          if (!(unsent instanceof APIConnectionError && unsent.cause instanceof NotSent)) throw unsent;
          return null;
        },
        count: null,
      };
    },
    shut: () => false, // what the chain finds is looked for with each call
    failure(error) {
      if (!(error instanceof APIError)) return null;
      const type = IN_STREAM[error.type ?? ''];
      if (type !== undefined) return passing(type, `an error inside the stream: ${wordsOf(error)}`, false);
      return errors.failureOf(error);
    },
  };
}
