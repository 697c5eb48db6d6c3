// A Lease per lane, so that a second controller waits instead of working in vain. It protects nothing: the writer ref does.
import { readAnchor } from './anchor.ts';
import { type Api, Unreachable, unreachableFor } from './client/api.ts';
import { type Anchor, ownedBy, releaseOf } from './manifest/job.ts';
import { leaseName } from './manifest/names.ts';

interface LeaseIdentity {
  readonly api: Api;
  /** That of the runs. */
  readonly namespace: string;
  /** Who asks, the same after a restart in the same place: nobody waits for what is over. */
  readonly holder: string;
  /** Owns the Lease, which goes with its release; null where none does. */
  readonly anchor: Anchor | null;
}

interface Lease {
  readonly metadata: { readonly name: string; readonly resourceVersion?: string };
  readonly spec?: { readonly holderIdentity?: string; readonly renewTime?: string };
}

const DURATION_MS = 60_000;
const RENEW_MS = 20_000;
const LOOK_MS = 5000;

/**
 * Resolves when the lane's Lease is ours, or when `signal` aborts; then it is renewed until the signal, and given back
 * by the function it resolves to, which tells whether another had taken it. `waits` is told at each look who holds it.
 * Where Leases may not be used it says so and goes on without.
 */
export async function keepLease(
  identity: LeaseIdentity,
  lane: string,
  signal: AbortSignal,
  waits: (sentence: string) => void,
): Promise<() => Promise<{ lost: boolean }>> {
  const { clock } = identity.api;
  let seen = '';
  let seenMs = clock.now();
  while (!signal.aborted) {
    const taken = await take(identity, lane, (renewTime) => {
      // By our own clock, from when we saw it renewed: theirs may be another.
      if (renewTime !== seen) [seen, seenMs] = [renewTime, clock.now()];
      return clock.now() - seenMs >= DURATION_MS;
    }).catch(away);
    if (taken.kind === 'refused') {
      waits(`${taken.sentence}; going on without a Lease`);
      return async () => ({ lost: false });
    }
    if (taken.kind === 'ours') {
      const over = new AbortController();
      void renewing(identity, lane, AbortSignal.any([signal, over.signal]), waits);
      return async () => {
        over.abort();
        const given = await take(identity, lane, 'gives').catch(away); // else it runs out by itself
        return { lost: given.kind === 'other' };
      };
    }
    if (taken.kind === 'away') waits(taken.sentence);
    else waits(`lane ${lane} is led by ${taken.holder}: waiting until it ends; end that one, or this one`);
    await clock.sleep(LOOK_MS, signal);
  }
  return async () => ({ lost: false });
}

async function renewing(
  identity: LeaseIdentity,
  lane: string,
  signal: AbortSignal,
  waits: (sentence: string) => void,
): Promise<void> {
  for (;;) {
    await identity.api.clock.sleep(RENEW_MS, signal);
    if (signal.aborted) return;
    const taken = await take(identity, lane, 'renews').catch(away);
    if (taken.kind === 'other')
      waits(`${taken.holder} took the Lease of lane ${lane}; the writer ref decides who keeps`);
    if (taken.kind === 'other') return;
  }
}

/** An API server that does not answer is asked again soon. */
function away(error: unknown): { kind: 'away'; sentence: string } {
  if (!(error instanceof Unreachable)) throw error;
  return { kind: 'away', sentence: `the Lease cannot be asked for: ${error.message}` };
}

type Taken = { kind: 'ours' } | { kind: 'other'; holder: string } | { kind: 'refused'; sentence: string };

/**
 * Takes it where nobody else holds it, or `asks` says of the holder's last renewal that it is too old; renews it or gives it
 * back where it is still ours: another may have taken it meanwhile, and given it back.
 */
async function take(
  { api, namespace, holder, anchor }: LeaseIdentity,
  lane: string,
  asks: 'renews' | 'gives' | ((renewTime: string) => boolean),
): Promise<Taken> {
  const gives = asks === 'gives';
  const name = leaseName(lane, releaseOf(anchor));
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  const found = await api.get<Lease>(`${path}/${name}`);
  if (found.kind === 'refused' && found.status !== 404) return refused(found);
  const lease = found.kind === 'ok' ? found.value : null;
  const { holderIdentity = '', renewTime = '' } = lease?.spec ?? {};
  const free = typeof asks === 'function' ? !holderIdentity || asks(renewTime) : !lease;
  if (holderIdentity !== holder && !free)
    return { kind: 'other', holder: holderIdentity || 'one that has ended' };
  // Read anew: to one that names an anchor of before, the cluster puts an end at once.
  const owner = lease || !anchor ? null : await readAnchor(api, namespace, anchor.name);
  // The whole release goes: what is made now would stay for ever.
  if (owner?.kind === 'gone' || (gives && !lease)) return { kind: 'ours' };
  const owners = owner ? { ownerReferences: [ownedBy(owner.anchor)] } : {};
  const body = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { ...lease?.metadata, name, namespace, ...owners },
    spec: {
      holderIdentity: gives ? '' : holder,
      leaseDurationSeconds: DURATION_MS / 1000,
      renewTime: new Date(api.clock.now()).toISOString().replace('Z', '000Z'),
    },
  };
  const put = lease
    ? await api.call({ method: 'PUT', path: `${path}/${name}`, body })
    : await api.call({ method: 'POST', path, body });
  if (put.kind === 'ok') return { kind: 'ours' };
  // Somebody was faster: whoever it is, the next look tells.
  if (put.status === 409)
    return holderIdentity === holder
      ? { kind: 'ours' }
      : { kind: 'other', holder: holderIdentity || 'another' };
  return refused(put);
}

function refused(refusal: Parameters<typeof unreachableFor>[1]): Taken {
  return { kind: 'refused', sentence: unreachableFor('the Lease', refusal).message };
}
