// Claude as proposer: schema.
import { z } from 'zod';
import { pricesSchema } from '../core/money.ts';

const MODEL = 'Model id of the Messages API, or as the cloud names it.';
const PRICES =
  'USD per million tokens; needed in a cloud, and for a model whose price the controller does not know. 0 is a price.';

const effortSchema = z
  .enum(['low', 'medium', 'high', 'xhigh', 'max'])
  .nullable()
  .default(null)
  .describe('How much the model thinks, paid as output. By default as it does by itself.');
const outputSchema = z
  .number()
  .int()
  .min(1024)
  .max(128_000)
  .nullable()
  .default(null)
  .describe(
    'Tokens of one answer with one idea, thinking included; 1500 more for each further idea. By default as the effort takes: 16000 to 64000.',
  );

const otherModelSchema = z.strictObject({
  model: z.string().min(1).describe(MODEL),
  effort: effortSchema,
  maxOutputTokens: outputSchema,
  prices: pricesSchema.nullable().default(null).describe(PRICES),
});

const federationSchema = z.strictObject({
  rule: z.string().min(1).describe('Id of the federation rule at Anthropic: `fdrl_…`.'),
  organization: z.string().min(1).describe('Id of the organization.'),
  serviceAccount: z.string().min(1).nullable().default(null).describe('Id of its service account: `svac_…`.'),
  workspace: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('Id of its workspace, where the rule has several: `wrkspc_…`.'),
  tokenFile: z
    .string()
    .min(1)
    .default('/var/run/secrets/anthropic/token')
    .describe('Where the identity token stands; the default is where the chart mounts it.'),
});

/** It is part of a host's name and of a signature. */
const regionSchema = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'a region is written like us-east-1');

const bedrockSchema = z.strictObject({
  region: regionSchema.describe('AWS region that is asked, such as `us-east-1`.'),
});

const vertexSchema = z.strictObject({
  region: regionSchema.describe('Region that is asked, such as `us-east5`; or `global`, `us`, `eu`.'),
  project: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.:-]*$/, 'a project is written like my-project')
    .describe('Id of the Google Cloud project.'),
});

export const claudeSchema = z.strictObject({
  kind: z.literal('anthropic').describe('Claude; it costs money.'),
  maxUsd: z.number().positive().describe('Dollars that a lane may spend on proposals in all.'),
  maxTokens: z
    .number()
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe('Tokens of all kinds that a lane may use; null: no cap.'),
  model: z.string().min(1).default('claude-opus-5-5').describe(MODEL),
  models: z
    .array(otherModelSchema)
    .max(8)
    .default([])
    .describe('Models that are asked in this order where the one before declines.'),
  effort: effortSchema,
  maxOutputTokens: outputSchema,
  baseURL: z.string().nullable().default(null).describe("The API's address; null: Anthropic's own."),
  federation: federationSchema
    .nullable()
    .default(null)
    .describe('Instead of a key: the identity token of the workload is exchanged for a short-lived one.'),
  bedrock: bedrockSchema
    .nullable()
    .default(null)
    .describe('Claude on Amazon Bedrock, with the credentials that AWS finds; null: not there.'),
  vertex: vertexSchema
    .nullable()
    .default(null)
    .describe('Claude on Google Vertex AI, with the credentials that Google finds; null: not there.'),
  cacheTtl: z.enum(['5m', '1h']).default('1h').describe('How long the cached part of the prompt is kept.'),
  prices: pricesSchema.nullable().default(null).describe(PRICES),
  ahead: z
    .number()
    .int()
    .min(0)
    .max(1024)
    .nullable()
    .default(null)
    .describe('Ideas ready or asked for beyond the free slots; null: as many as runs end during one call.'),
  parallel: z
    .number()
    .int()
    .min(1)
    .max(1024)
    .nullable()
    .default(null)
    .describe('Calls at a time; null: as many as are needed, at most 128.'),
  ideas: z
    .number()
    .int()
    .min(1)
    .max(8)
    .default(4)
    .describe('Ideas that one call is asked for: they share what its thinking costs.'),
  deadlineSeconds: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('The longest that one call may take. By default as the longest answer takes, 600 at least.'),
  idleSeconds: z.number().positive().default(60).describe('The longest that a call may be silent.'),
  fallback: z
    .enum(['builtin', 'none'])
    .default('none')
    .describe('Who has the ideas while the model does not answer, declines, or may spend no more.'),
});

export type ClaudeSetting = z.infer<typeof claudeSchema>;

/** Ids of Bedrock: of a model, of an inference profile, or an ARN. */
const BEDROCK_ID = /(^|\.)anthropic\.|^arn:/;

/** Why these settings do not go together, or null. */
export function whyAtOdds({
  federation,
  bedrock,
  vertex,
  model,
  models,
}: Pick<ClaudeSetting, 'federation' | 'bedrock' | 'vertex' | 'model' | 'models'>): string | null {
  const named = Object.entries({ federation, bedrock, vertex }).filter(([, one]) => one !== null);
  if (named.length > 1)
    return `${named.map(([key]) => key).join(' and ')} each say how Claude is asked; keep one of them`;
  const foreign = [model, ...models.map((one) => one.model)].find((id) => !BEDROCK_ID.test(id));
  if (bedrock !== null && foreign !== undefined)
    return `Amazon Bedrock names no model ${foreign}; give proposer.model as it does, such as global.anthropic.claude-…`;
  return null;
}
