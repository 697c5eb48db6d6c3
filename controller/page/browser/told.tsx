// Facts by their names, without those that are empty.

export type Facts = readonly (readonly [name: string, value: string])[];

export function Told({ facts }: { facts: Facts }) {
  return (
    <dl>
      {facts
        .filter(([, value]) => value !== '')
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
