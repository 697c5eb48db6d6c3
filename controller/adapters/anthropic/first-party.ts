// Anthropic's own API, or a gateway that speaks like it: with a key, or with a token that a workload's own is exchanged for.
import Anthropic, { APIError, type ClientOptions } from '@anthropic-ai/sdk';
import type { Federation } from './credentials.ts';
import { federationFailure } from './errors.ts';
import { type Platform, QUIET } from './platform.ts';

export function firstParty(
  credentials: { readonly apiKey: string } | { readonly federation: Federation },
): Platform {
  const federated = 'federation' in credentials;
  return {
    async open({ baseURL, timeoutMs }) {
      const client = new Anthropic({
        ...authOf(credentials),
        ...QUIET,
        baseURL: baseURL ?? 'https://api.anthropic.com',
        timeout: timeoutMs,
      });
      return {
        streams: (fetch) => client.withOptions({ fetch }).messages,
        probe: (model, { signal }) => client.models.retrieve(model, {}, { signal }),
        count: (body, { signal }) => client.messages.countTokens(body, { signal }),
      };
    },
    // The SDK exchanges a token anew in its own retries only.
    shut: (error) => federated && error instanceof APIError && error.status === 401,
    failure: (error) => (federated ? federationFailure(error) : null),
  };
}

/** As the SDK takes them; it exchanges, keeps and renews tokens. */
function authOf(
  credentials: { readonly apiKey: string } | { readonly federation: Federation },
): Pick<ClientOptions, 'apiKey' | 'authToken' | 'config'> {
  if ('apiKey' in credentials) return { apiKey: credentials.apiKey, authToken: null };
  const { rule, organization, serviceAccount, workspace, tokenFile } = credentials.federation;
  return {
    config: {
      organization_id: organization,
      ...(workspace === null ? {} : { workspace_id: workspace }),
      authentication: {
        type: 'oidc_federation',
        federation_rule_id: rule,
        ...(serviceAccount === null ? {} : { service_account_id: serviceAccount }),
        identity_token: { source: 'file', path: tokenFile },
      },
    },
  };
}
