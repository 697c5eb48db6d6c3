// Who gives AWS credentials to a workload of a cluster: the exchange of its identity token, and the agent of its node.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** It gives credentials to who brings an identity token that it accepts, as STS does, or the agent of EKS Pod Identity. */
export class AwsCredentials {
  /** Identity tokens that are accepted. */
  accepted: readonly string[];
  /** What it answers instead, where it is in trouble; 0: nothing at all. */
  trouble: number | null = null;
  /** Roles that were asked for, and by which way. */
  readonly asked: string[] = [];
  /** Ids of keys that it gave → their secrets. */
  readonly given: Record<string, string> = {};
  readonly #server: Server;

  constructor(accepted: readonly string[]) {
    this.accepted = accepted;
    this.#server = createServer(async (request, response) => {
      const body = new URLSearchParams(await text(request));
      const agent = request.method === 'GET';
      this.asked.push(agent ? 'the agent' : body.get('RoleArn')!);
      if (this.trouble === 0) return;
      const token = agent ? request.headers.authorization : body.get('WebIdentityToken');
      const Expiration = new Date(Date.now() + 3_600_000).toISOString();
      const keys = { AccessKeyId: `ASIA${this.asked.length}`, SecretAccessKey: 'of-the-role' };
      const code = this.trouble ?? (this.accepted.includes(token ?? '') ? 200 : 400);
      if (code === 200) this.given[keys.AccessKeyId] = keys.SecretAccessKey;
      if (agent)
        return response
          .writeHead(code, { 'content-type': 'application/json' })
          .end(
            JSON.stringify(code === 200 ? { ...keys, Token: 'session', Expiration } : { code: 'Refused' }),
          );
      const parts = Object.entries({ ...keys, SessionToken: 'session', Expiration });
      const credentials = parts.map(([name, value]) => `<${name}>${value}</${name}>`).join('');
      const error =
        '<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>no such token</Message></Error></ErrorResponse>';
      const result = `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>${credentials}</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
      response.writeHead(code, { 'content-type': 'text/xml' }).end(code === 200 ? result : error);
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}
