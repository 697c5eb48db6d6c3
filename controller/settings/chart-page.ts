// The chart's values for the page.
import { z } from 'zod';
import { clusterShape } from './cluster.ts';

const annotations = z.record(z.string(), z.string()).optional().describe('Its annotations.');
const enabled = z.boolean().describe('Whether it is made.');
const host = z
  .string()
  .regex(/^([a-z0-9.-]+)?$/, 'give one host, in lower case and without a star')
  .describe('The host name; required where it is enabled.');
const { names, userHeader, links } = clusterShape.shape.page.unwrap().shape;

/** Optional as a whole: --reuse-values brings the values of a chart that had none. */
export const page = z
  .strictObject({
    enabled: z.boolean().describe('Serve the page on port 8081, behind a Service of its own.'),
    existingSecret: z
      .string()
      .describe('Secret with the entry token, and steering-token for those who may change lanes. Required.'),
    names: names.optional(),
    userHeader: userHeader.optional(),
    links: links.optional(),
    service: z.strictObject({ annotations }).optional().describe('The Service in front of the page.'),
    ingressFrom: z
      .array(z.unknown())
      .optional()
      .describe('Peers that may reach the page where `networkPolicy.controller` is enabled; else nobody.'),
    ingress: z
      .strictObject({
        enabled,
        className: z.string().optional().describe('Its class.'),
        annotations,
        host,
        tlsSecret: z.string().optional().describe('Secret with the certificate.'),
      })
      .optional()
      .describe('An Ingress to the page.'),
    httpRoute: z
      .strictObject({
        enabled,
        annotations,
        parentRefs: z.array(z.unknown()).describe('Gateways, as in an HTTPRoute.'),
        host,
      })
      .optional()
      .describe('An HTTPRoute to the page.'),
  })
  .optional()
  .describe('What a browser shows of the lanes.');
