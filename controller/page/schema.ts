// What the page is told: the answers under /api/v1, as their schemas. openapi.json is made from them.
import { z } from 'zod';
import { overviewSchema } from '../views/overview.ts';
import { rowSchema as wholeRowSchema } from '../views/row.ts';

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
  hours: true,
  usd: true,
  calls: true,
  floorBpb: true,
  noise: true,
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

export const lanesSchema = z.strictObject({ version: z.string(), lanes: z.array(z.string()) });

const answers = {
  '/api/v1/lanes': lanesSchema,
  '/api/v1/lanes/{lane}': laneSchema,
  '/api/v1/lanes/{lane}/rows': rowsSchema,
  '/api/v1/lanes/{lane}/experiments/{experiment}': detailSchema,
  '/api/v1/lanes/{lane}/experiments/{experiment}/log': logSchema,
};

/** The description of the interface for programs. */
export function openApi(version: string): object {
  const paths = Object.entries(answers).map(([path, schema]) => {
    const content = { 'application/json': { schema: z.toJSONSchema(schema, { target: 'draft-2020-12' }) } };
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
    const parameters = named.map((name) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    }));
    return [path, { get: { parameters, responses: { 200: { description: 'the answer', content } } } }];
  });
  return {
    openapi: '3.1.0',
    info: { title: 'autoresearch', version },
    paths: Object.fromEntries(paths),
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    security: [{ token: [] }],
  };
}
