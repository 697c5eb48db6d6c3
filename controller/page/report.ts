// report.html: the page in one file with its data. It opens from a disk, and asks nothing of any network.
import { createHash } from 'node:crypto';
import type { Decision } from '../core/decision.ts';
import { factsOf } from '../report/picture/heading.ts';
import { progressSvg } from '../report/picture/progress.ts';
import { escaped } from '../report/picture/svg.ts';
import { HEAD, readAssets } from './assets.ts';
import { type LaneLook, type LaneSource, rowsOf } from './lane-source.ts';
import type { Detail, LaneSummary } from './schema.ts';

/** Edits of all keeps, and of as many others, the best first. */
const OTHERS_AT_MOST = 200;
const EDITS_CHARACTERS = 4_000_000;

interface ReportSettings {
  readonly writtenMs: number;
  /** Leave out what tells of people and machines. */
  readonly redact: boolean;
}

export async function reportHtml(
  source: Pick<LaneSource, 'detail'>,
  look: LaneLook,
  { writtenMs, redact }: ReportSettings,
): Promise<string> {
  const { summary, decisions } = redact ? redacted(look) : look;
  const details = await detailsOf(source, decisions, redact);
  const { script, style } = await readAssets();
  const shown = { ...summary, open: [] };
  const inside = JSON.stringify({ summary: shown, rows: rowsOf(decisions), details, writtenMs });
  const code = script.replaceAll('</script', '<\\/script');
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(code)}`,
    `style-src ${hashOf(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `${HEAD}
<meta http-equiv="content-security-policy" content="${policy}">
<link rel="icon" href="data:,">
<style>${style}</style>
<div id="app"></div>
<noscript>${plainReport(summary, decisions)}</noscript>
<script id="report" type="application/json">${inside.replaceAll('<', '\\u003c')}</script>
<script>${code}</script>
`;
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

async function detailsOf(
  source: Pick<LaneSource, 'detail'>,
  decisions: readonly Decision[],
  redact: boolean,
): Promise<Record<string, Detail>> {
  const measured = decisions.filter(({ status, valBpb }) => status === 'discard' && valBpb !== null);
  const best = measured.toSorted((a, b) => a.valBpb! - b.valBpb!).slice(0, OTHERS_AT_MOST);
  const details: Record<string, Detail> = {};
  let characters = 0;
  for (const { experiment } of [...decisions.filter(({ status }) => status === 'keep').reverse(), ...best]) {
    const detail = await source.detail(experiment);
    characters += detail?.diff?.length ?? 0;
    if (detail === null || characters > EDITS_CHARACTERS) continue;
    details[experiment] = redact ? { ...detail, cost: null } : detail;
  }
  return details;
}

/** Sentences about crashes and states may name paths, nodes and images; an error's first word names its cause. */
function redacted({ summary, decisions }: LaneLook): LaneLook {
  const caps = { ...summary.caps, usd: null };
  const capsInForce = { ...summary.capsInForce, usd: null };
  const unsaid = { state: '', why: '', guidance: '', usd: null, calls: 0, caps, capsInForce, begun: null };
  const plain: LaneSummary = { ...summary, ...unsaid };
  return {
    summary: plain,
    machine: null,
    decisions: decisions.map((d) => ({
      ...d,
      gpu: '',
      sentence: d.status === 'crash' || d.reason === 'conditions' ? '' : d.sentence,
      error: /^[a-z]+(:[a-z-]+)?/.exec(d.error)?.[0] ?? '',
    })),
  };
}

/** What is shown where scripts are forbidden: the picture and the keeps. */
function plainReport({ lane }: LaneSummary, decisions: readonly Decision[]): string {
  const rows = decisions.filter(({ status }) => status === 'keep').map(keptRow);
  const head = '<tr><th>#</th><th>val_bpb</th><th>edit</th></tr>';
  return `${progressSvg({ title: lane, decisions, facts: factsOf(decisions) })}<table>${head}${rows.join('')}</table>`;
}

function keptRow({ experiment, valBpb, description }: Decision): string {
  return `<tr><td>${Number(experiment)}</td><td>${valBpb?.toFixed(6)}</td><td>${escaped(description)}</td></tr>`;
}
