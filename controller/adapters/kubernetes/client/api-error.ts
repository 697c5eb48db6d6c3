import type { ApiError } from './objects.ts';

/** What an API server, or a proxy before it, answered where it did not do what was asked. */
export function apiError(status: number, body: Buffer): ApiError {
  let said: { reason?: unknown; message?: unknown } = {};
  try {
    said = (JSON.parse(body.toString()) as typeof said | null) ?? {};
  } catch {
    // A proxy's page instead of the API's words; its beginning is all there is to show.
  }
  const reason = typeof said.reason === 'string' ? said.reason : '';
  const message = typeof said.message === 'string' ? said.message : body.toString().slice(0, 200);
  return { kind: 'refused', status, reason, message };
}
