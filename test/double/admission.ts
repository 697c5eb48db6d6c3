// What a namespace lets in: names and sizes as the API server validates them, and ResourceQuota.
import { type Objects, Refused, type Thing } from './objects.ts';
import { isOver } from './scheduler.ts';

const ANNOTATIONS_AT_MOST = 256 * 1024;

export class Admission {
  readonly #objects: Objects;

  constructor(objects: Objects) {
    this.#objects = objects;
  }

  /** Creates the object, with defaults. Throws a Refused. */
  create(plural: string, thing: Thing): Thing {
    if (plural !== 'pods') this.#validate(plural, thing);
    this.#quota(plural, thing);
    if (plural !== 'jobs') return this.#objects.create(plural, thing);
    return this.#objects.create(plural, { ...thing, spec: { suspend: false, ...thing.spec }, status: {} });
  }

  #validate(plural: string, thing: Thing): void {
    const { name = '' } = thing.metadata ?? {};
    if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name) || (plural === 'jobs' && name.length > 63))
      throw new Refused(422, 'Invalid', `${plural} "${name}" is invalid: metadata.name: Invalid value`);
    if (plural !== 'jobs') return;
    const { template, backoffLimit } = thing.spec ?? {};
    const sizes = [thing.metadata, template?.metadata].map((meta) => sizeOf(meta?.annotations));
    if (sizes.some((size) => size > ANNOTATIONS_AT_MOST))
      throw new Refused(
        422,
        'Invalid',
        `Job "${name}" is invalid: metadata.annotations: Too long: must have at most 262144 bytes`,
      );
    if (!['Never', 'OnFailure'].includes(template?.spec?.restartPolicy))
      throw new Refused(
        422,
        'Invalid',
        `Job "${name}" is invalid: spec.template.spec.restartPolicy: Required value`,
      );
    if (backoffLimit !== undefined && backoffLimit < 0)
      throw new Refused(
        422,
        'Invalid',
        `Job "${name}" is invalid: spec.backoffLimit: must be greater than or equal to 0`,
      );
    for (const [key, value] of Object.entries<string>(thing.metadata.labels ?? {}))
      if (!/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/.test(value) || value.length > 63)
        throw new Refused(
          422,
          'Invalid',
          `Job "${name}" is invalid: metadata.labels: Invalid value: "${value}" of ${key}`,
        );
  }

  #quota(plural: string, thing: Thing): void {
    const namespace = thing.metadata.namespace ?? '';
    for (const quota of this.#objects.all('resourcequotas', namespace)) {
      for (const [resource, hard] of Object.entries<string>(quota.spec.hard)) {
        const asked = demandOf(plural, thing, resource);
        if (asked === 0) continue;
        const used = this.#objects
          .all(plural, namespace)
          .reduce(
            (sum, one) => sum + (plural === 'pods' && isOver(one) ? 0 : demandOf(plural, one, resource)),
            0,
          );
        if (used + asked > Number(hard))
          throw new Refused(
            403,
            'Forbidden',
            `${plural} "${thing.metadata.name}" is forbidden: exceeded quota: ${quota.metadata.name}, requested: ${resource}=${asked}, used: ${resource}=${used}, limited: ${resource}=${hard}`,
          );
      }
    }
  }
}

function sizeOf(annotations: Record<string, string> | undefined): number {
  return Object.entries(annotations ?? {}).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
}

function demandOf(plural: string, thing: Thing, resource: string): number {
  if (resource === plural || resource === 'count/jobs.batch')
    return resource === plural || plural === 'jobs' ? 1 : 0;
  const extended = /^requests\.(.+\/.+)$/.exec(resource);
  if (!extended || plural !== 'pods') return 0;
  return Number(thing.spec.containers[0].resources?.requests?.[extended[1]!] ?? 0);
}
