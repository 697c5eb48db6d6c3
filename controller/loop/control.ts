// control.json, as a person left it.
import { type Control, controlSchema, noControl } from '../core/control.ts';
import { keys } from '../core/keys.ts';
import type { Store } from '../ports.ts';
import { decode } from '../std/json.ts';

/** The human's hand; a control.json that cannot be read pauses the lane, for it may have said so. */
export async function readControl(
  store: Store,
  lane: string,
): Promise<{ control: Control; trouble: string | null }> {
  const bytes = await store.get(keys.control(lane));
  if (!bytes) return { control: noControl, trouble: null };
  try {
    return { control: controlSchema.parse(decode(bytes)), trouble: null };
  } catch (e) {
    const why = e instanceof Error ? e.message.split('\n')[0] : String(e);
    const trouble = `control.json cannot be read (${why}): the lane is paused; write it again with autoresearch resume`;
    return { control: { ...noControl, paused: true }, trouble };
  }
}
