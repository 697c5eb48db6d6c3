// Claude on Google Vertex AI. It counts an input for nothing, and tells no facts of a model.
import { APIConnectionError, APIError } from '@anthropic-ai/sdk';
import { AnthropicVertex } from '@anthropic-ai/vertex-sdk';
import { GoogleAuth } from 'google-auth-library';
import { z } from 'zod';
import { type Cloud, CloudErrors, messageSchema } from './cloud-errors.ts';
import type { VertexAccess } from './credentials.ts';
import { type Platform, QUIET } from './platform.ts';

const saidSchema = messageSchema.extend({ status: z.string() });
const bodySchema = z.object({ error: saidSchema });

const GOOGLE: Cloud = {
  name: 'Google',
  unfound: /Google OAuth credentials/,
  give: 'run gcloud auth application-default login, or give a workload identity',
  allow: 'allow aiplatform.endpoints.predict in the project, and enable the model there',
  badKey: /^UNAUTHENTICATED$/,
  saidOf({ error }) {
    // What would have been a stream is a list.
    const said = bodySchema.safeParse(Array.isArray(error) ? error[0] : error).data?.error;
    return said ? { code: said.status, message: said.message } : null;
  },
};

const UNFOUND = 'Failed to acquire Google OAuth credentials.';
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';

export function vertex({ region, project }: VertexAccess): Platform {
  const errors = new CloudErrors(GOOGLE);
  return {
    async open({ baseURL, timeoutMs }) {
      // Found here, for the package looks for them where nobody hears that there are none.
      const authClient = await new GoogleAuth({ scopes: SCOPE, projectId: project })
        .getClient()
        .catch(notFound);
      const client = new AnthropicVertex({
        ...QUIET,
        region,
        projectId: project,
        authClient,
        // None is what the package makes of the region; undefined would be what the environment says.
        baseURL: baseURL ?? '',
        timeout: timeoutMs,
      });
      const asked = (by: typeof fetch) => client.withOptions({ fetch: errors.identified(by) }).messages;
      return {
        streams: asked,
        async probe(model, { signal }) {
          const body = { model, messages: [{ role: 'user' as const, content: '.' }] };
          await asked(fetch).countTokens(body, { signal });
          return null;
        },
        count: (body, { signal }) => asked(fetch).countTokens(body, { signal }),
      };
    },
    shut: (error) => error instanceof APIError && error.status === 401,
    failure: (error) => (error instanceof APIError ? errors.failureOf(error) : null),
  };
}

/** As the package says it, where it is the one that looks. */
function notFound(cause: Error): never {
  throw new APIConnectionError({ message: UNFOUND, cause });
}
