// What is asked of a lane, as the commands that do the same. No schema is needed for that, so that a browser loads none.
import type { ControlChange } from './steering.ts';

const FLAGS = { experiments: 'experiments', gpuHours: 'hours', usd: 'usd' } as const;

/** The commands that do the same, one for each thing. */
export function commandsFor({ paused, guidance, limits }: ControlChange): string[] {
  const caps = Object.entries(FLAGS).flatMap(([key, flag]) => {
    const cap = limits?.[key as keyof typeof FLAGS];
    return cap === undefined ? [] : [`--${flag} ${cap ?? 'none'}`];
  });
  return [
    ...(paused === undefined ? [] : [paused ? 'pause' : 'resume']),
    ...(guidance === undefined ? [] : [`guide ${JSON.stringify(guidance)}`]),
    ...(caps.length > 0 ? [`limit ${caps.join(' ')}`] : []),
  ];
}
