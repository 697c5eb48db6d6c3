// Who asks: somebody with a key, or a workload whose token is exchanged for one of the API, without any key.
import type { ClientOptions } from '@anthropic-ai/sdk';

/** What the exchange names; `tokenFile` is read again for each one, as a cluster renews what stands there. */
interface Federation {
  readonly rule: string;
  readonly organization: string;
  readonly serviceAccount: string | null;
  readonly workspace: string | null;
  readonly tokenFile: string;
}

export type ApiCredentials = { readonly apiKey: string } | { readonly federation: Federation };

/** As the SDK takes them; it exchanges, keeps and renews tokens. */
export function authOf(credentials: ApiCredentials): Pick<ClientOptions, 'apiKey' | 'authToken' | 'config'> {
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
