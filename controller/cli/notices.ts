// The address that a person is told at, from --notify or the environment.
import { Failure } from '../failure.ts';
import type { Notices } from '../observers/notices.ts';

/** Null where nobody is told. Throws Failure 2 for what is no address; it may be a secret, so it is not repeated. */
export async function noticesTo(
  address: string | undefined,
  trouble: (sentence: string) => void,
): Promise<Notices | null> {
  if (address === undefined || address.trim() === '') return null;
  const url = URL.parse(address.trim());
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password)
    throw new Failure(
      2,
      '--notify (or AUTORESEARCH_NOTIFY) names no address; write one such as https://chat.example/hooks/T0, without a user before the host',
    );
  const { Notices } = await import('../observers/notices.ts');
  return new Notices({ url, trouble });
}
