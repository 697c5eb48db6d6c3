// Clients of a lane's stream of events, as the page in a browser reads it.

export const CLIENTS = 4;

interface Link {
  readonly origin: string;
  readonly token: string;
}

/** The page's link that a controller prints; null in any other line. */
export function linkIn(line: string): Link | null {
  const [, origin, token] = /(http:\/\/127\.0\.0\.1:\d+)\/#t=([\w-]{40,})/.exec(line) ?? [];
  return origin && token ? { origin, token } : null;
}

/** Reads one lane's events until it ends or is aborted; `told` hears the name of each. */
export async function follow(
  { origin, token }: Link,
  signal: AbortSignal,
  told: (event: string) => void,
): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  try {
    const lanes = (await (await fetch(`${origin}/api/v1/lanes`, { headers, signal })).json()) as {
      lanes: string[];
    };
    const answer = await fetch(`${origin}/api/v1/lanes/${lanes.lanes[0]!}/events`, { headers, signal });
    for await (const chunk of answer.body!)
      for (const [, event] of Buffer.from(chunk)
        .toString()
        .matchAll(/^event: (\w+)$/gm))
        told(event!);
  } catch (error) {
    if (!signal.aborted && !String(error).includes('terminated')) throw error;
  }
}
