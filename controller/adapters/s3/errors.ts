// What an S3 store can refuse, in words for the person who owns it. Only its code is told, never its message: that
// may quote what was sent.

const advice: Readonly<Record<string, string>> = {
  NoSuchBucket: 'there is no such bucket: create it, or correct the name in the store URL',
  AccessDenied: 'these credentials may not do that: allow s3:GetObject, s3:PutObject and s3:ListBucket there',
  Forbidden: 'these credentials may not do that: allow s3:GetObject, s3:PutObject and s3:ListBucket there',
  AllAccessDisabled: 'access to this bucket is switched off: ask its owner',
  InvalidAccessKeyId: 'the store does not know this access key: give the one that belongs to this endpoint',
  SignatureDoesNotMatch: 'the secret key is wrong: give the one that belongs to the access key',
  ExpiredToken: 'the credentials have expired: renew them',
  InvalidToken: 'the session token is not accepted: renew the credentials',
  RequestTimeTooSkewed: "this machine's clock is off by more than 15 minutes: set it",
  AuthorizationHeaderMalformed: 'the bucket is in another region: give that region',
  PermanentRedirect: 'the bucket is in another region: give that region, or its endpoint',
  IllegalLocationConstraintException: 'the bucket is in another region: give that region',
  NotImplemented: 'the store does not support this request: run autoresearch doctor to see what it can do',
  InsufficientStorage: 'the store is full: free some space there',
  QuotaExceeded: 'the quota of the store is used up: raise it, or free some space',
  CredentialsProviderError:
    'no credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or a workload identity',
  ENOTFOUND: 'the name of the endpoint is not known: correct it, or the DNS',
  ECONNREFUSED: 'nothing listens at the endpoint: correct its address, or start the store',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'the certificate is not trusted: name its authority in NODE_EXTRA_CA_CERTS, or use http',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate is not trusted: name its authority in NODE_EXTRA_CA_CERTS',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'the certificate is not trusted: name its authority in NODE_EXTRA_CA_CERTS',
};

/** The store cannot be used. `code` is the store's or the system's word; the message ends with what to do. */
export class UnusableStore extends Error {
  override name = 'UnusableStore';
  readonly code: string;
  readonly fix: string;

  constructor(doing: string, cause: unknown) {
    const code = codeOf(cause);
    const fix = advice[code] ?? adviceOn(cause, code);
    super(`${doing}: ${fix}`, { cause });
    this.code = code;
    this.fix = fix;
  }
}

function adviceOn(error: unknown, code: string): string {
  if (/Region is missing/.test(String(error))) return 'no region is known: give one, or set AWS_REGION';
  if (isPassing(error))
    return `the store does not answer as it should (${code}): it is tried again until it does`;
  return `the store says "${code}": fix that, then start again`;
}

/** An answer that cannot be right, whatever its status said. */
export class WrongAnswer extends Error {
  override name = 'WrongAnswer';
}

interface S3ErrorLike {
  readonly name?: string;
  readonly code?: string;
  readonly Code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly statusCode?: number };
}

/** The HTTP status that an error came with; null where there was no answer. */
export function statusOf(error: unknown): number | null {
  const { $metadata, $response } = error as S3ErrorLike;
  return $metadata?.httpStatusCode ?? $response?.statusCode ?? null;
}

function codeOf(error: unknown): string {
  const { name, code, Code } = error as S3ErrorLike;
  const word = Code ?? code ?? name ?? '';
  // The answer to HEAD has no body that could tell.
  if (/^\w+$/.test(word) && !['Error', 'Unknown', 'UnknownError'].includes(word)) return word;
  return `HTTP ${statusOf(error) ?? 'without an answer'}`;
}

// 409: of two who write one key at once, each may be told so instead of who was first.
const PASSING_STATUS = new Set([408, 409, 425, 429, 500, 502, 503, 504]);
const PASSING_CODE = new Set([
  // The SDK has set its clock by the answer.
  'RequestTimeTooSkewed',
  'TimeoutError',
  'AbortError',
  // So says Node where the body of an answer stalls.
  'ABORT_ERR',
  'WrongAnswer',
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/** Whether trying again can help. */
export function isPassing(error: unknown): boolean {
  return PASSING_STATUS.has(statusOf(error) ?? 0) || PASSING_CODE.has(codeOf(error));
}
