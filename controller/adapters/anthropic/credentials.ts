// Who asks, and where: somebody with a key, a workload whose token is exchanged for one, or an account of a cloud.

/** What the exchange names; `tokenFile` is read again for each one, as a cluster renews what stands there. */
export interface Federation {
  readonly rule: string;
  readonly organization: string;
  readonly serviceAccount: string | null;
  readonly workspace: string | null;
  readonly tokenFile: string;
}

/** Amazon Bedrock in a region. `apiKey`: one of Bedrock; null takes what AWS's own chain of credentials finds. */
export interface BedrockAccess {
  readonly region: string;
  readonly apiKey: string | null;
}

/** Google Vertex AI in a region, which may be `global`, by Google's application default credentials. */
export interface VertexAccess {
  readonly region: string;
  readonly project: string;
}

export type ApiCredentials =
  | { readonly apiKey: string }
  | { readonly federation: Federation }
  | { readonly bedrock: BedrockAccess }
  | { readonly vertex: VertexAccess };
