// proposer: schema and flags.

import { z } from 'zod';
import { claudeSchema, whyAtOdds } from './claude.ts';
import { commandSchema } from './command.ts';
import { openaiSchema } from './openai.ts';

export const freeProposers = ['builtin', 'random', 'null', 'none'] as const;

/** Those that take settings, each by its kind. */
const kinds = { anthropic: claudeSchema, openai: openaiSchema, command: commandSchema } as const;

export const proposerKinds = [...freeProposers, 'anthropic', 'openai', 'command'] as const;

const sharing = ['builtin', 'random', 'null', 'anthropic', 'openai', 'command'] as const;
/** The caps of a mix are for all of it, and its parts stand in for each other. */
const OF_ALL = { kind: true, maxUsd: true, fallback: true } as const;

export const mixSchema = z.strictObject({
  mix: z
    .partialRecord(z.enum(sharing), z.number().positive())
    .refine((shares) => Object.keys(shares).length > 1, 'name at least two kinds, each with its share')
    .describe('The share of the ideas that each kind has, such as `{ anthropic: 0.3, builtin: 0.7 }`.'),
  maxUsd: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('Dollars that a lane may spend on proposals in all, whoever has them.'),
  anthropic: claudeSchema.omit(OF_ALL).optional().describe('Settings of Claude, as above.'),
  openai: openaiSchema.omit(OF_ALL).optional().describe('Settings of `openai`, as above.'),
  command: commandSchema.omit(OF_ALL).optional().describe('Settings of `command`, as above.'),
});

/** A kind that costs nothing by its name, another with its settings, or several with their shares. */
export const proposerSchema = z
  .union([z.enum(freeProposers), claudeSchema, openaiSchema, commandSchema, mixSchema], {
    error: ({ input }) => whyNot(input),
  })
  .superRefine((setting, context) => {
    const why = typeof setting === 'string' ? null : (whyUncapped(setting) ?? whyMixedUp(setting));
    if (why !== null) context.addIssue({ code: 'custom', message: why });
  })
  .default('builtin');

export type ProposerSetting = z.infer<typeof proposerSchema>;
export type MixSetting = z.infer<typeof mixSchema>;

const UNCAPPED = 'costs money: say how much at most, by --max-usd or proposer.maxUsd';

function whyUncapped(setting: Exclude<ProposerSetting, string>): string | null {
  if (setting.maxUsd !== null) return null;
  if (!('mix' in setting)) {
    if (setting.kind === 'command') return setting.usdPerCall > 0 ? `the command ${UNCAPPED}` : null;
    return setting.kind === 'openai' && setting.prices !== 0 ? `${setting.model} ${UNCAPPED}` : null;
  }
  if (setting.mix.anthropic !== undefined) return `Claude ${UNCAPPED}`;
  if (setting.mix.openai !== undefined && setting.openai?.prices !== 0) return `the model ${UNCAPPED}`;
  const { usdPerCall = 0 } = setting.command ?? {};
  return setting.mix.command !== undefined && usdPerCall > 0 ? `the command ${UNCAPPED}` : null;
}

function whyMixedUp(setting: Exclude<ProposerSetting, string>): string | null {
  const claude = 'mix' in setting ? setting.anthropic : setting.kind === 'anthropic' ? setting : undefined;
  return claude === undefined ? null : whyAtOdds(claude);
}

/** A union says only that nothing fits; what is wrong is said of the kind that was meant. */
function whyNot(input: unknown): string {
  const named = typeof input === 'string' && Object.hasOwn(kinds, input);
  const meant = named ? { kind: input } : input;
  if (meant === null || typeof meant !== 'object')
    return `expected one of ${proposerKinds.join(', ')}, or a mapping with kind: anthropic and maxUsd`;
  if ('mix' in meant) return issuesOf(mixSchema, meant);
  if ('kind' in meant && (meant.kind === undefined || isFree(meant.kind))) {
    const more = Object.keys(meant).filter((key) => key !== 'kind');
    const typed = more.map((key) => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
    return `${meant.kind ?? 'the built-in proposer'} takes no ${typed.join(' or ')}; leave that out, or add --proposer anthropic`;
  }
  const kind = ('kind' in meant ? meant.kind : 'anthropic') as keyof typeof kinds;
  if (kind === 'anthropic' && !('maxUsd' in meant)) return `Claude ${UNCAPPED}`;
  return issuesOf(Object.hasOwn(kinds, kind) ? kinds[kind] : claudeSchema, meant);
}

function issuesOf(schema: z.ZodType, input: unknown): string {
  const { error } = schema.safeParse(input);
  return error ? error.issues.map((one) => `${one.path.join('.')}: ${one.message}`).join('; ') : 'not usable';
}

function isFree(kind: unknown): boolean {
  return (freeProposers as readonly unknown[]).includes(kind);
}

/** Flags of `dev` and `doctor`; undefined where one is not given. */
export interface ProposerFlags {
  readonly proposer?: string | undefined;
  readonly maxUsd?: number | undefined;
  readonly model?: string | undefined;
  readonly command?: string | undefined;
  readonly usdPerCall?: number | undefined;
}

/** The setting as a file has it, overlaid with flags; undefined where neither says anything. */
export function proposerGiven(written: unknown, { proposer, ...flags }: ProposerFlags): unknown {
  const given = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
  const from: Record<string, unknown> =
    typeof written === 'object' && written !== null ? { ...written } : { kind: written };
  const own = proposer ?? from.kind ?? (written === undefined || 'mix' in from ? undefined : 'anthropic');
  const free = isFree(own) || own === undefined;
  if (free && !('mix' in from && proposer === undefined))
    return Object.keys(given).length === 0 ? own : { kind: own, ...given };
  if (own === undefined) return { ...from, ...given };
  return { ...(from.kind === undefined || from.kind === own ? from : {}), kind: own, ...given };
}
