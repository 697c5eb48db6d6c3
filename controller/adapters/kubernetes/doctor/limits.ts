// Whether the namespace's quotas and ranges leave room for a single run of a pool.
import type { V1LimitRange, V1ResourceQuota } from '@kubernetes/client-node';
import type { Check } from '../../../std/check.ts';
import type { Serialized } from '../client/objects.ts';
import type { Pool } from '../manifest/pool.ts';
import { amountOf } from '../manifest/quantity.ts';
import { resourcesOf } from '../manifest/resources.ts';

type Amounts = Readonly<Record<string, string>>;

/** Under every name that a quota may count it by. */
function needsOf(pool: Pool): Amounts {
  const { requests } = resourcesOf(pool) as { requests: Amounts };
  const named = Object.entries(requests).flatMap(([key, amount]) => [
    [`requests.${key}`, amount],
    // Kubernetes refuses quotas on the limits of extended resources.
    ...(key.includes('/') ? [] : [key, `limits.${key}`].map((one) => [one, amount])),
  ]);
  return { pods: '1', 'count/pods': '1', 'count/jobs.batch': '1', ...Object.fromEntries(named) };
}

/** Runs ask for resources and have a deadline: these quotas count others. */
const OF_OTHERS = ['BestEffort', 'NotTerminating'];

export function quotaChecks(quotas: readonly Serialized<V1ResourceQuota>[], pools: readonly Pool[]): Check[] {
  const counting = quotas.filter(({ spec }) => !spec?.scopes?.some((scope) => OF_OTHERS.includes(scope)));
  const checks = counting.flatMap((quota) => short(quota, pools));
  if (checks.length > 0) return checks;
  const found = counting.length > 0 ? 'each has room for a run of every pool' : 'none';
  return [{ check: 'quota', result: 'ok', found, fix: '' }];
}

/** A line per pool of which no run fits. */
function short({ metadata, spec, status }: Serialized<V1ResourceQuota>, pools: readonly Pool[]): Check[] {
  const hard = status?.hard ?? spec?.hard ?? {};
  const used = status?.used ?? {};
  const scope = spec?.scopeSelector ? '; whether its scope holds runs was not looked at' : '';
  return pools.flatMap((pool): Check[] => {
    const missing = Object.entries(needsOf(pool)).filter(
      ([key, amount]) =>
        hard[key] !== undefined && amountOf(hard[key]) - amountOf(used[key]) < amountOf(amount),
    );
    if (missing.length === 0) return [];
    const never = missing.some(([key, amount]) => amountOf(hard[key]) < amountOf(amount)) && !scope;
    const told = missing.map(
      ([key, amount]) => `${key}: a run needs ${amount}, ${used[key] ?? '0'} of ${hard[key]} used`,
    );
    const fix = never
      ? 'raise the quota, or lower resources of the pool: no run can ever start'
      : 'raise the quota; runs wait until there is room';
    const check = `pool ${pool.name}: quota ${metadata?.name}`;
    return [{ check, result: never ? 'fail' : 'warn', found: told.join(', ') + scope, fix }];
  });
}

/** A run asks for all of its limits, so it has what a range gives to others by default. */
export function rangeChecks(ranges: readonly Serialized<V1LimitRange>[], pools: readonly Pool[]): Check[] {
  return pools.flatMap((pool): Check[] => {
    const { requests } = resourcesOf(pool) as { requests: Amounts };
    const told = ranges.flatMap(({ metadata, spec }) =>
      (spec?.limits ?? [])
        .filter(({ type }) => type === 'Container' || type === 'Pod')
        .flatMap(({ max, min }) =>
          Object.entries(requests).flatMap(([key, amount]) => {
            const [most, least] = [max?.[key], min?.[key]];
            if (most !== undefined && amountOf(amount) > amountOf(most))
              return [`${key}: a run needs ${amount}, LimitRange ${metadata?.name} allows ${most}`];
            if (least !== undefined && amountOf(amount) < amountOf(least))
              return [`${key}: a run takes ${amount}, LimitRange ${metadata?.name} demands ${least}`];
            return [];
          }),
        ),
    );
    if (told.length === 0) return [];
    const fix = 'change the LimitRange, or resources of the pool: no run can start';
    return [{ check: `pool ${pool.name}: limits`, result: 'fail', found: told.join(', '), fix }];
  });
}
