// What the list prices are multiplied by, as the API tells of a call: for where it ran, and for how fast.
import { z } from 'zod';

/** Whatever it may be called: a region that is not the whole world costs a tenth more. */
const WORLDWIDE: readonly string[] = ['global', 'not_available', ''];
const REGION = 1.1;
/**
 * Never asked for. The page on fast mode (platform.claude.com, build-with-claude) had 6 times the list price for Opus 4.6
 * up to 200,000 tokens of input, and lists less for the models since. No prompt here is longer.
 */
const FAST = 6;

const toldSchema = z.object({
  inference_geo: z.string().nullish().catch(null),
  speed: z.string().nullish().catch(null),
});

/** Priority and batch are settled at the list price: the one is paid in advance, the other is cheaper. */
export function surchargeOf(usage: unknown): number {
  const told = toldSchema.safeParse(usage).data;
  const region = WORLDWIDE.includes(told?.inference_geo ?? '') ? 1 : REGION;
  return told?.speed === 'fast' ? region * FAST : region;
}
