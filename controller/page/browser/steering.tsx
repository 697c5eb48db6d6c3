// A person's hand on the lane. Without the second token it shows the commands that do the same.
import { useEffect, useState } from 'preact/hooks';
import { commandsFor } from '../../views/steer-commands.ts';
import type { ControlChange, Steering } from '../../views/steering.ts';
import type { LaneSummary } from '../schema.ts';
import { Command } from './command.tsx';
import type { Client } from './facts/lane-client.ts';
import { visible, when } from './facts/words.ts';

interface SteeringProps {
  readonly summary: LaneSummary;
  readonly client: Client;
  readonly mayChange: boolean;
}

export function SteeringPanel({ summary, client, mayChange }: SteeringProps) {
  const [said, setSaid] = useState('');
  const [done, setDone] = useState<readonly Steering[]>([]);
  const tell = () => client.steerings(summary.lane).then(setDone, () => setDone([]));
  useEffect(() => void tell(), [summary.lane, summary.decided, summary.state, summary.guidance]);
  const act = async (doing: Promise<string>) => {
    setSaid(await doing.catch((error: Error) => error.message));
    await tell();
  };
  const change = (asked: ControlChange) =>
    act(client.change(summary.lane, asked).then(() => `Done: ${commandsFor(asked).join('; ')}.`));
  return (
    <details class="steering">
      <summary>Steer this lane</summary>
      {mayChange ? (
        <Forms
          summary={summary}
          change={change}
          tryOut={(trainPy, message) =>
            act(
              client
                .tryOut(summary.lane, { trainPy, message })
                .then((id) => `It is experiment #${Number(id)}; a running controller takes it up.`),
            )
          }
        />
      ) : (
        <Commands summary={summary} />
      )}
      <p role="status">{visible(said)}</p>
      {done.length > 0 && (
        <ul class="runs" aria-label="what people did">
          {done.slice(0, 10).map(({ who, atMs, what }) => (
            <li key={`${atMs}${what}`} class="quiet">
              {when(atMs, Date.now())}, {visible(who)}: <code>{visible(what).slice(0, 200)}</code>
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}

function Commands({ summary: { lane, state } }: Pick<SteeringProps, 'summary'>) {
  const words = [
    state === 'paused' ? 'resume' : 'pause',
    'guide "TEXT"',
    'limit --hours 12',
    'try FILE -m "WHAT"',
  ];
  return (
    <>
      <p class="quiet">
        This page only reads. These commands steer the lane; page --steering does it from here.
      </p>
      {words.map((word) => (
        <Command key={word} text={`./autoresearch ${word} --lane ${lane}`} />
      ))}
    </>
  );
}

interface FormsProps {
  readonly summary: LaneSummary;
  readonly change: (asked: ControlChange) => void;
  readonly tryOut: (trainPy: string, message: string) => void;
}

const CAPS = [
  ['experiments', 'experiments'],
  ['hours', 'gpuHours'],
  ['usd', 'usd'],
] as const;

function Forms({ summary: { state, guidance, caps, capsInForce }, change, tryOut }: FormsProps) {
  const paused = state === 'paused';
  const cap = (text: string) => (text.trim() === '' ? null : Number(text));
  const submitted = (use: (fields: FormData) => void) => (event: SubmitEvent) => {
    event.preventDefault();
    use(new FormData(event.currentTarget as HTMLFormElement));
  };
  return (
    <>
      <button type="button" onClick={() => change({ paused: !paused })}>
        {paused ? 'resume' : 'pause: runs under way end, nothing new begins'}
      </button>
      <form onSubmit={submitted((of) => change({ guidance: String(of.get('guidance')) }))}>
        <label>
          what the proposer should know
          <textarea name="guidance" rows={3} maxLength={4000} defaultValue={guidance} />
        </label>
        <button type="submit">guide</button>
      </form>
      <form
        onSubmit={submitted((of) => {
          // What was not touched is not sent: another person may have changed it since it was shown.
          const touched = CAPS.map(([name, key]) => [key, cap(String(of.get(name))), caps[name]] as const);
          const limits = touched.filter(([, wanted, shown]) => wanted !== shown);
          if (limits.length > 0)
            change({ limits: Object.fromEntries(limits.map(([key, wanted]) => [key, wanted])) });
        })}
      >
        {CAPS.map(([name]) => (
          // A field that was typed in would go on showing what it showed: with each new cap it is a new one.
          <label key={`${name} ${caps[name]}`}>
            {name === 'usd' ? 'USD' : name}
            <input
              name={name}
              // What is no number is not sent: as no number it would lift the cap.
              type="number"
              min="0"
              step={name === 'experiments' ? 1 : 'any'}
              defaultValue={String(caps[name] ?? '')}
              placeholder={capsInForce[name] === null ? 'no cap' : `${capsInForce[name]}, as it was started`}
            />
          </label>
        ))}
        <button type="submit">limit</button>
      </form>
      <form
        onSubmit={submitted(async (of) =>
          tryOut(await (of.get('file') as File).text(), String(of.get('message'))),
        )}
      >
        <label>
          your own train.py
          <input name="file" type="file" accept=".py" required />
        </label>
        <label>
          what it changes
          <input name="message" required maxLength={400} />
        </label>
        <button type="submit">try</button>
      </form>
    </>
  );
}
