// What the page is told: the answers under /api/v1, as their schemas. openapi.json is made from them.
import { z } from 'zod';
import { machineViewSchema } from '../views/machine.ts';
import { overviewSchema } from '../views/overview.ts';
import { rowSchema as wholeRowSchema } from '../views/row.ts';
import { controlChangeSchema, steeringSchema } from '../views/steering.ts';

/** What is told of a decision; the rest of it is of use to the loop only. */
const rowSchema = wholeRowSchema.omit({
  deltaBpb: true, // told by the two numbers beside it
  unseenParts: true,
  trainSha256: true,
  proposedSha256: true,
  program: true,
  image: true,
  conditions: true,
});
export type PageRow = Readonly<z.infer<typeof rowSchema>>;

/** PageRows as columns once, then values: 10,000 of them are a third of the size. */
export const rowsSchema = z.strictObject({
  columns: z.array(rowSchema.keyof()),
  rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
});
export type PageRows = z.infer<typeof rowsSchema>;

/** What the page needs of a lane; it tells all else from the rows. */
export const laneSchema = overviewSchema.pick({
  lane: true,
  version: true,
  state: true,
  why: true,
  decided: true,
  open: true,
  guidance: true,
  caps: true,
  capsInForce: true,
  hours: true,
  usd: true,
  calls: true,
  floorBpb: true,
  noise: true,
  begun: true,
});
export type LaneSummary = Readonly<z.infer<typeof laneSchema>>;

export const detailSchema = z.strictObject({
  experiment: z.string(),
  hypothesis: z.string(),
  /** What asking for the idea cost; null where it cost nothing. */
  cost: z
    .strictObject({ model: z.string(), calls: z.number(), usd: z.number(), seconds: z.number() })
    .nullable(),
  attempts: z.number().int(),
  /** Null where there is none, as for the baseline; `cut` where it was too long to show whole. */
  diff: z.string().nullable(),
  cut: z.boolean(),
});
export type Detail = Readonly<z.infer<typeof detailSchema>>;

/** A piece of a log: `from` and `next` count bytes, so that reading goes on where it ended. */
export const logSchema = z.strictObject({
  attempt: z.number().int(),
  text: z.string(),
  from: z.number().int(),
  next: z.number().int(),
  size: z.number().int(),
  /** The run still writes it. */
  live: z.boolean(),
});
export type LogPiece = Readonly<z.infer<typeof logSchema>>;

/** How one file differs from another, as unified text: the whole of both where they are short. */
const diffSchema = z.strictObject({
  from: z.string(),
  to: z.string(),
  diff: z.string(),
  cut: z.boolean(),
});
export type FileDiff = Readonly<z.infer<typeof diffSchema>>;

/** Losses over the share of the training, 0 to 1, in at most some hundred points. */
const curveSchema = z.strictObject({
  attempt: z.number().int(),
  points: z.array(z.tuple([z.number(), z.number()])),
});
export type Curve = Readonly<z.infer<typeof curveSchema>>;

/** Dollars in all at points of time, in milliseconds; between two of them it is not told. */
const spentSchema = z.strictObject({ points: z.array(z.tuple([z.number(), z.number()])) });
export type SpentPoint = Readonly<z.infer<typeof spentSchema>['points'][number]>;

export const steeringsSchema = z.strictObject({ steerings: z.array(steeringSchema) });

/** A person's own train.py, and what it changes. */
export const triedSchema = z.strictObject({
  trainPy: z.string().min(1).max(1_000_000),
  message: z.string().trim().min(1).max(400),
});
export type Tried = Readonly<z.infer<typeof triedSchema>>;

/** What whoever runs the machines asks of a lane beyond its rows. */
const healthSchema = z.strictObject({
  version: z.string(),
  /** Pages that are open, at most 32. */
  watchers: z.number().int(),
  /** Other pages, as the settings name them. */
  links: z.array(z.strictObject({ name: z.string(), url: z.string() })),
  lanes: z.array(
    z.strictObject({
      summary: laneSchema,
      machine: machineViewSchema.nullable(),
      /** Hash of all that makes numbers comparable, and the image, of the newest row; '' before there is one. */
      conditions: z.string(),
      image: z.string(),
      /** The last look at git and store: when it ended, how long it took, and what was wrong ('' where nothing was). */
      look: z.strictObject({ atMs: z.number(), tookMs: z.number(), trouble: z.string() }),
    }),
  ),
});
export type PageHealth = Readonly<z.infer<typeof healthSchema>>;

const doneSchema = z.strictObject({ done: z.string() });

export const lanesSchema = z.strictObject({
  version: z.string(),
  lanes: z.array(z.string()),
  /** Whether the token that was given may change a lane. */
  mayChange: z.boolean(),
});
export type Lanes = Readonly<z.infer<typeof lanesSchema>>;

const answers = {
  '/api/v1/lanes': lanesSchema,
  '/api/v1/health': healthSchema,
  '/api/v1/lanes/{lane}': laneSchema,
  '/api/v1/lanes/{lane}/rows': rowsSchema,
  '/api/v1/lanes/{lane}/experiments/{experiment}': detailSchema,
  '/api/v1/lanes/{lane}/experiments/{experiment}/log': logSchema,
  '/api/v1/lanes/{lane}/experiments/{experiment}/diff': diffSchema,
  '/api/v1/lanes/{lane}/experiments/{experiment}/curve': curveSchema,
  '/api/v1/lanes/{lane}/steering': steeringsSchema,
  '/api/v1/lanes/{lane}/spent': spentSchema,
};

/** What may stand behind the `?`: whole numbers. `against` must be there. */
const queries: Readonly<Record<string, readonly string[]>> = {
  '/api/v1/lanes/{lane}/experiments/{experiment}/log': ['attempt', 'from'],
  '/api/v1/lanes/{lane}/experiments/{experiment}/diff': ['against'],
  '/api/v1/lanes/{lane}/experiments/{experiment}/curve': ['attempt'],
};

/** What changes a lane: what is sent, and what is answered. */
const changes = {
  '/api/v1/lanes/{lane}/control': controlChangeSchema,
  '/api/v1/lanes/{lane}/experiments': triedSchema,
};

/** The description of the interface for programs. */
export function openApi(version: string): object {
  const gets = Object.entries(answers).map(([path, schema]) => [path, { get: operation(path, schema) }]);
  const posts = Object.entries(changes).map(([path, schema]) => {
    const requestBody = { required: true, content: contentOf(schema) };
    return [path, { post: { ...operation(path, doneSchema), requestBody } }];
  });
  return {
    openapi: '3.1.0',
    info: { title: 'autoresearch', version },
    paths: Object.fromEntries([...gets, ...posts]),
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    security: [{ token: [] }],
  };
}

function operation(path: string, schema: z.ZodType): object {
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const asked = (queries[path] ?? []).map((name) => {
    return { name, in: 'query', required: name === 'against', schema: { type: 'integer' } };
  });
  const parameters = [
    ...named.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    ...asked,
  ];
  return { parameters, responses: { 200: { description: 'the answer', content: contentOf(schema) } } };
}

function contentOf(schema: z.ZodType): object {
  return { 'application/json': { schema: z.toJSONSchema(schema, { target: 'draft-2020-12' }) } };
}
