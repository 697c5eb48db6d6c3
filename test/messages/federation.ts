// The exchange of a workload's identity token for one of the API, as the SDK asks for it.
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';

const askedSchema = z.strictObject({
  grant_type: z.literal('urn:ietf:params:oauth:grant-type:jwt-bearer'),
  assertion: z.string(),
  federation_rule_id: z.string(),
  organization_id: z.string(),
  service_account_id: z.string().optional(),
  workspace_id: z.string().optional(),
});

const API_BETA = 'oauth-2025-04-20';
const EXCHANGE_BETA = 'oidc-federation-2026-04-01';

export class Federation {
  /** Identity tokens that are accepted, and for how long what is given for one holds. */
  accepted: readonly string[];
  seconds = 3600;
  /** What the exchange answers instead, where it is in trouble. */
  trouble: number | null = null;
  readonly exchanges: z.infer<typeof askedSchema>[] = [];
  readonly #open = new Set<string>();

  constructor(accepted: readonly string[]) {
    this.accepted = accepted;
  }

  /** No token that was given opens anything any more. */
  revoke(): void {
    this.#open.clear();
  }

  admits({ authorization = '', 'anthropic-beta': beta }: IncomingHttpHeaders): boolean {
    return beta === API_BETA && this.#open.has(authorization.replace(/^Bearer /, ''));
  }

  exchange(
    { 'anthropic-beta': beta }: IncomingHttpHeaders,
    body: unknown,
  ): { readonly status: number; readonly body: object } {
    const asked = askedSchema.parse(body);
    this.exchanges.push(asked);
    if (this.trouble !== null) return { status: this.trouble, body: { error: 'server_error' } };
    if (beta !== `${API_BETA},${EXCHANGE_BETA}`) return { status: 400, body: { error: 'invalid_request' } };
    if (!this.accepted.includes(asked.assertion)) return { status: 401, body: { error: 'invalid_grant' } };
    const access_token = `given-${this.exchanges.length}`;
    this.#open.add(access_token);
    return { status: 200, body: { access_token, token_type: 'Bearer', expires_in: this.seconds } };
  }
}
