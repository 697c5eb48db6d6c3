// What stands above every screen: which lane, how it is, and the ways to the other screens.
import type { LaneSummary } from '../schema.ts';
import type { ReportFile } from './facts/lane-client.ts';
import { visible, when } from './facts/words.ts';
import type { UrlState, View } from './url-state.ts';

interface HeaderProps {
  readonly summary: LaneSummary;
  readonly lanes: readonly string[];
  readonly trouble: string;
  readonly file: ReportFile | null;
  readonly url: UrlState;
  readonly change: (part: Partial<UrlState>) => void;
}

export function Header({ summary, lanes, trouble, file, url, change }: HeaderProps) {
  const screens: [View, string][] = [
    ['', 'lane'],
    ['knobs', 'knobs'],
    ...(file ? [] : [['machines', 'machines'] as [View, string]]),
    ...(lanes.length > 1 ? [['lanes', 'all lanes'] as [View, string]] : []),
  ];
  return (
    <header>
      <h1>autoresearch</h1>
      {lanes.length > 1 ? (
        <select
          aria-label="lane"
          value={summary.lane}
          onChange={(e) => change({ lane: e.currentTarget.value, at: '', open: false, part: null })}
        >
          {lanes.map((lane) => (
            <option key={lane}>{lane}</option>
          ))}
        </select>
      ) : (
        <span>{summary.lane}</span>
      )}
      {file ? (
        <span class="chip">written {when(file.writtenMs, 0)}</span>
      ) : (
        <span class={`chip ${summary.state === 'running' ? 'run' : ''}`}>{visible(summary.state)}</span>
      )}
      <span class="quiet">{visible(summary.why)}</span>
      {trouble && (
        <span class="chip warn" role="status">
          {trouble}
        </span>
      )}
      <nav aria-label="screens">
        {screens.map(([view, label]) => (
          <button
            type="button"
            class="link"
            key={view}
            aria-current={url.view === view ? 'page' : undefined}
            onClick={() => change({ view, open: false })}
          >
            {label}
          </button>
        ))}
      </nav>
    </header>
  );
}
