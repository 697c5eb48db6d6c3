// What could be tried next from where the knobs stand.

import type { KnobChange } from './knob-changes.ts';
import type { Knob } from './knobs.ts';
import { stepped } from './scale.ts';

/** Steps on a knob's scale, both ways: a sixteenth, an eighth and a quarter of all it may be. */
const NEAR = [1 / 16, 1 / 8, 1 / 4];
/** When nothing near has gained for long. */
const FAR = [...NEAR, 1 / 2, 1];

/** Every single move: near steps (far ones too, where asked for) of numbers, all other options of choices. */
export function singles(knobs: readonly Knob[], far: boolean): KnobChange[] {
  return knobs.flatMap((knob) => {
    const { name, literal, domain } = knob;
    const targets =
      domain.kind === 'choice'
        ? domain.options
        : (far ? FAR : NEAR).flatMap((step) => [stepped(knob, step), stepped(knob, -step)]);
    const others = new Set(targets.filter((to) => to !== null && to !== literal));
    return [...others].map((to) => ({ name, from: literal, to: to! }));
  });
}
