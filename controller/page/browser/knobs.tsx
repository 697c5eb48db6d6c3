// The table of knobs: what was tried, what it brought, and what it cost in hours.
import { useMemo } from 'preact/hooks';
import type { PageRow } from '../schema.ts';
import { knobsOf } from './facts/knob-gains.ts';
import { duration, signed, visible } from './facts/words.ts';
import type { UrlState } from './url-state.ts';

interface KnobsProps {
  readonly rows: readonly PageRow[];
  readonly change: (part: Partial<UrlState>) => void;
}

export function Knobs({ rows, change }: KnobsProps) {
  const knobs = useMemo(() => knobsOf(rows), [rows]);
  const most = Math.max(...knobs.map(({ gain }) => gain), 0);
  if (knobs.length === 0) return <p>No edit was decided yet.</p>;
  return (
    <section aria-label="knobs">
      <h2>Which knobs and kinds of edit pay</h2>
      <div class="scroll" tabIndex={0} role="region" aria-label="table of knobs">
        <table class="plain">
          <thead>
            <tr>
              <th scope="col">edit of</th>
              <th scope="col">gain</th>
              <th scope="col">kept of tried</th>
              <th scope="col">crashed</th>
              <th scope="col">best change</th>
              <th scope="col">now</th>
              <th scope="col">machine time</th>
            </tr>
          </thead>
          <tbody>
            {knobs.map(({ name, isKnob, tries, kept, crashed, gain, best, hours, value }) => (
              <tr key={name}>
                <th scope="row">
                  {isKnob ? (
                    <button
                      type="button"
                      class="link words"
                      onClick={() => change({ view: '', text: name, status: '' })}
                    >
                      {name}
                    </button>
                  ) : (
                    visible(name)
                  )}
                </th>
                <td>
                  {gain > 0 ? `−${gain.toFixed(4)}` : ''}
                  <span class="share">
                    <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                      <rect width={most > 0 ? (100 * gain) / most : 0} height="6" />
                    </svg>
                  </span>
                </td>
                <td>
                  {kept} of {tries}
                </td>
                <td>{crashed || ''}</td>
                <td>{signed(best)}</td>
                <td>{visible(value)}</td>
                <td>{duration(hours)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
