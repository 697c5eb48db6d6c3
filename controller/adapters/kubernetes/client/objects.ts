import type { V1Job, V1Pod } from '@kubernetes/client-node';

// Kubernetes objects as they travel: the client library's types, but with timestamps as the strings they are.

export type Serialized<T> = T extends Date
  ? string
  : T extends (infer Item)[]
    ? Serialized<Item>[]
    : T extends object
      ? { [Key in keyof T]: Serialized<T[Key]> }
      : T;

export interface Page<T> {
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: readonly T[];
}

/** What the API server says when it refuses. */
export interface ApiError {
  readonly kind: 'refused';
  /** The HTTP status. */
  readonly status: number;
  /** A word such as AlreadyExists, Forbidden or Invalid; '' where it gave none. */
  readonly reason: string;
  readonly message: string;
}

export type ApiResult<T> = { readonly kind: 'ok'; readonly value: T } | ApiError;

/** Milliseconds since the epoch; null for a timestamp that is missing or no date. */
export function ms(timestamp: string | undefined | null): number | null {
  const parsed = timestamp ? Date.parse(timestamp) : Number.NaN;
  return Number.isNaN(parsed) ? null : parsed;
}

export type Pod = Serialized<V1Pod>;

export function isTerminal(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

export type Job = Serialized<V1Job>;
