// A decided experiment as it is told.
import type { z } from 'zod';
import { number } from 'zod';
import { type Decision, decisionSchema } from '../core/decision.ts';

/** A Decision, and what its edit changed. Bits per byte, seconds, MB and milliseconds are numbers. */
export const rowSchema = decisionSchema.extend({
  /** val_bpb less that of the commit that the edit was made on: below 0 is better. Null where either is missing. */
  deltaBpb: number().nullable(),
});
export type RowView = Readonly<z.infer<typeof rowSchema>>;

export function rowView(decision: Decision): RowView {
  return { ...decision, deltaBpb: deltaOf(decision) };
}

/** Rounded to the six decimals that are printed. */
function deltaOf({ valBpb, baseBpb }: Pick<Decision, 'valBpb' | 'baseBpb'>): number | null {
  return valBpb === null || baseBpb === null ? null : Number((valBpb - baseBpb).toFixed(6));
}

/** `-0.012345` or `+0.012345`; '' where there is none. */
export function deltaText(delta: number | null): string {
  if (delta === null) return '';
  return `${delta > 0 ? '+' : ''}${delta.toFixed(6)}`;
}

/** Whether the machine was to blame, so that this says nothing about the idea. */
export function isLost({ error }: Pick<Decision, 'error'>): boolean {
  return error.startsWith('lost:');
}
