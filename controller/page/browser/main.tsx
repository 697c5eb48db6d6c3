// The page begins here: with the data of a report in its own file, or with a server.
import { render } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Lanes } from '../schema.ts';
import { AGAIN_MS, Client, type LaneState, type ReportFile, Unauthorized } from './facts/lane-client.ts';
import { rowsFrom } from './facts/rows.ts';
import { visible } from './facts/words.ts';
import { LanePage } from './lane-page.tsx';
import { takeToken, useUrlState } from './url-state.ts';

const inside = document.getElementById('report');
const file: ReportFile | null = inside && JSON.parse(inside.textContent);
const client = new Client(file ? '' : takeToken());

function Served() {
  const [url, change] = useUrlState();
  const [told, setTold] = useState<Lanes | null>(null);
  const lanes = told?.lanes;
  const [state, setState] = useState<LaneState | null>(null);
  const [trouble, setTrouble] = useState('');
  const [unread, setUnread] = useState('');
  const lane = url.lane || lanes?.[0] || '';
  const fail = (error: Error) =>
    setTrouble(
      error instanceof Unauthorized
        ? 'The token is missing or old. Open the link that was printed last; it ends in #t=….'
        : `${error.message}; it is tried again every two seconds.`,
    );
  useEffect(() => {
    let timer = 0;
    // A controller that has just begun may be gone again: nobody should have to reload for that.
    const ask = () =>
      client
        .lanes()
        .then((lanes) => {
          setTrouble('');
          setTold(lanes);
        })
        .catch((error) => {
          fail(error);
          if (!(error instanceof Unauthorized)) timer = window.setTimeout(ask, AGAIN_MS);
        });
    void ask();
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => {
    if (!lane) return;
    const ending = new AbortController();
    setState(null);
    setUnread('');
    client.follow(lane, setState, setUnread, ending.signal).catch(fail);
    return () => ending.abort();
  }, [lane]);
  if (trouble)
    return (
      <p class="whole" role="alert">
        {trouble}
      </p>
    );
  if (!state || !told)
    return (
      <p class="whole" role={unread ? 'alert' : 'status'}>
        {visible(unread) || 'Reading the lane …'}
      </p>
    );
  const shared = { ...state, url, change, client, file: null };
  return <LanePage {...shared} lanes={told.lanes} mayChange={told.mayChange} />;
}

function Report({ report }: { report: ReportFile }) {
  const [url, change] = useUrlState();
  const rows = useMemo(() => rowsFrom(report.rows), [report]);
  const { summary } = report;
  const shared = { summary, rows, trouble: '', lanes: [summary.lane], url, change, client };
  return <LanePage {...shared} file={report} mayChange={false} />;
}

render(file ? <Report report={file} /> : <Served />, document.getElementById('app')!);
