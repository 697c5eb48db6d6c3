// What is looked at, in the part of the URL that no server sees: a link to it shows the same again.
import { useEffect, useState } from 'preact/hooks';
import { AXES, type Axis } from './facts/across.ts';
import type { Selection, SortKey } from './facts/rows.ts';

/** Screens; '' is that of the lane. */
const VIEWS = ['', 'knobs', 'machines', 'lanes'] as const;
export type View = (typeof VIEWS)[number];

export interface UrlState extends Selection {
  readonly lane: string;
  /** The experiment under the cursor; '' is none. */
  readonly at: string;
  /** Its details are shown. */
  readonly open: boolean;
  /** With which other its edit is compared: '' is its parent, else baseline, tip or a number. */
  readonly against: string;
  readonly axis: Axis;
  /** Which experiments the picture shows, by the numbers of the first and the last; null: all. */
  readonly part: readonly [number, number] | null;
  readonly view: View;
}

const SORTS: readonly SortKey[] = [
  'experiment',
  'status',
  'valBpb',
  'change',
  'description',
  'timestampMs',
  'memoryMb',
  'wallSeconds',
];

function stateIn(hash: string): UrlState {
  const of = new URLSearchParams(hash.slice(1));
  const [, minus, key] = /^(-?)(.*)$/.exec(of.get('sort') ?? '-experiment')!;
  const sort = SORTS.find((one) => one === key);
  return {
    lane: of.get('lane') ?? '',
    status: of.get('show') ?? '',
    text: of.get('q') ?? '',
    sort: sort ?? 'experiment',
    down: sort ? minus === '-' : true,
    at: of.get('at') ?? '',
    open: of.has('open'),
    against: of.get('against') ?? '',
    axis: AXES.find((axis) => axis === of.get('x')) ?? 'experiment',
    part: partIn(of.get('part') ?? ''),
    view: VIEWS.find((view) => view === of.get('view')) ?? '',
  };
}

function partIn(text: string): UrlState['part'] {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  return first !== undefined && Number(first) < Number(last) ? [Number(first), Number(last)] : null;
}

function hashOf(state: UrlState): string {
  const { lane, status, text, sort, down, at, open, against, axis, part, view } = state;
  const of = new URLSearchParams();
  if (view) of.set('view', view);
  if (lane) of.set('lane', lane);
  if (status) of.set('show', status);
  if (text) of.set('q', text);
  if (sort !== 'experiment' || !down) of.set('sort', `${down ? '-' : ''}${sort}`);
  if (at) of.set('at', at);
  if (open) of.set('open', '');
  if (against) of.set('against', against);
  if (axis !== 'experiment') of.set('x', axis);
  if (part) of.set('part', part.join('-'));
  return `#${of}`;
}

/** As it is now: a key may be pressed before what the last one did is drawn. */
let latest: UrlState | null = null;

export function urlState(): UrlState {
  latest ??= stateIn(location.hash);
  return latest;
}

export function useUrlState(): [UrlState, (change: Partial<UrlState>) => void] {
  const [state, setState] = useState(urlState);
  const set = (next: UrlState) => {
    latest = next;
    setState(next);
  };
  useEffect(() => {
    const moved = () => set(stateIn(location.hash));
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
  const change = (part: Partial<UrlState>) => {
    set({ ...urlState(), ...part });
    history.replaceState(null, '', hashOf(urlState()));
  };
  return [state, change];
}

/** The token of the printed link. It is kept for this tab only, and taken out of the address. */
export function takeToken(): string {
  const of = new URLSearchParams(location.hash.slice(1));
  const given = of.get('t');
  if (given !== null) {
    sessionStorage.setItem('token', given);
    of.delete('t');
    history.replaceState(null, '', `#${of}`);
  }
  return sessionStorage.getItem('token') ?? '';
}
