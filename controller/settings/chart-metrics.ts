// What the chart makes for Prometheus and Grafana.
import { z } from 'zod';

const enabled = z.boolean().describe('Whether it is made.');
const labels = z.record(z.string(), z.string()).default({});
const namespace = z.string().optional().describe("Where it is made; empty: the release's namespace.");
const amount = z.number().positive().optional();
const share = z.number().positive().max(1).optional();

const thresholds = z
  .strictObject({
    decidedWithin: z
      .string()
      .regex(/^[1-9]\d*[mhd]$/)
      .optional()
      .describe('How long a lane may decide nothing while it runs nothing, such as 2h.'),
    crashShare: share.describe('Crashes among the experiments of two hours, from three crashes on.'),
    pendingSeconds: amount.describe('How long a run may wait for a node or a queue.'),
    lostPerHour: amount.describe('Attempts of a lane that the cluster may lose within an hour.'),
    troublesPerHalfHour: amount.describe('Errors that a lane may have within half an hour.'),
    silentSeconds: amount.describe('How long a controller may not have looked at its lane.'),
    modelFailureShare: share.describe('Failed calls to the model within an hour, from three on.'),
    budgetShare: share.describe('Of the hours or dollars that a lane may spend.'),
  })
  .optional()
  .describe('From where on the alerts fire.');

export const metrics = z
  .strictObject({
    serviceMonitor: z
      .strictObject({
        enabled,
        namespace,
        labels: labels.describe('Its labels.'),
        interval: z.string().describe('How often Prometheus asks.'),
        scrapeTimeout: z.string().optional().describe("How long it waits; empty: Prometheus' own."),
        relabelings: z.array(z.unknown()).default([]).optional().describe('Its relabelings.'),
      })
      .describe('ServiceMonitor that brings /metrics to Prometheus.'),
    rules: z
      .strictObject({
        enabled,
        namespace,
        labels: labels.describe('Labels of their PrometheusRule.'),
        severity: z.string().optional().describe('Label `severity` of every alert that `severities` lacks.'),
        severities: labels
          .optional()
          .describe('Severity by alert, such as `Stopped`: its name without Autoresearch.'),
        additionalLabels: labels.optional().describe('More labels of every alert, for routing.'),
        runbookUrl: z
          .string()
          .optional()
          .describe('Address of a page with a heading for each alert. Empty: alerts name none.'),
        thresholds,
      })
      .describe('Alerts.'),
    dashboard: z
      .strictObject({ enabled, namespace, labels: labels.describe('Labels of its ConfigMap.') })
      .describe('Grafana dashboard.'),
  })
  .describe('Monitoring.');
