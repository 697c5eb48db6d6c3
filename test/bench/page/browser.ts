// What 10,000 rows take in a browser: until the first one is shown, and for each change of the search.
import { type CDPSession, chromium, type Page } from 'playwright-core';
import { servePage } from '../../../controller/page/server.ts';
import { longLane } from '../../page/written-lane.ts';
import { type Figure, median } from '../figures.ts';

const ROWS = 10_000;
const TIMES = 5;
const SEARCHES = ['K', 'KN', 'KNO', 'KNOB', 'KNOB_', 'KNOB_2'];

export async function browser(): Promise<Figure[]> {
  const tokens = { read: 'r'.repeat(32), steering: null };
  const server = await servePage({
    lanes: [longLane(ROWS)],
    version: '0.0.0',
    tokens,
    port: 0,
    who: 'bench',
  });
  const chrome = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  try {
    const looks: Look[] = [];
    for (let n = 0; n < TIMES; n++) {
      const page = await chrome.newPage({ viewport: { width: 1280, height: 900 } });
      looks.push(await lookAt(page, server.link));
      await page.close();
    }
    const first = looks.map(({ firstMs }) => firstMs);
    const searches = looks.flatMap(({ searchMs }) => searchMs);
    const cpu = looks.flatMap(({ searchCpuMs }) => searchCpuMs);
    const figure = (what: string, value: number, unit = 'ms', aim = ''): Figure => ({
      what,
      value,
      unit,
      aim,
    });
    return [
      figure(`browser: first of ${ROWS} rows, median of ${TIMES}`, median(first), 'ms', '<= 1000'),
      figure('  the same, most', Math.max(...first)),
      figure(
        `browser: a change of the search, median of ${searches.length}`,
        median(searches),
        'ms',
        '<= 50',
      ),
      figure('  the same, most', Math.max(...searches), 'ms', '<= 50'),
      figure('  CPU of the main thread, median', median(cpu)),
      figure('  the same, most', Math.max(...cpu)),
      figure('browser: rows in the document', Math.max(...looks.map(({ rows }) => rows)), '', '<= 60'),
      figure('browser: heap of JavaScript', Math.max(...looks.map(({ heapMb }) => heapMb)), 'MB', '<= 60'),
    ];
  } finally {
    await chrome.close();
    await server.close();
  }
}

interface Look {
  readonly firstMs: number;
  readonly searchMs: readonly number[];
  readonly searchCpuMs: readonly number[];
  readonly rows: number;
  readonly heapMb: number;
}

async function lookAt(page: Page, link: string): Promise<Look> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable');
  const began = performance.now();
  await page.goto(link);
  await page.locator('.row').first().waitFor();
  const firstMs = performance.now() - began;
  const searchMs: number[] = [];
  const searchCpuMs: number[] = [];
  for (const text of SEARCHES) {
    const before = await metric(cdp, 'TaskDuration');
    searchMs.push(await searched(page, text));
    searchCpuMs.push(1000 * ((await metric(cdp, 'TaskDuration')) - before));
  }
  await cdp.send('HeapProfiler.collectGarbage');
  const heapMb = (await metric(cdp, 'JSHeapUsedSize')) / 1e6;
  return { firstMs, searchMs, searchCpuMs, rows: await page.locator('.row').count(), heapMb };
}

/** Milliseconds from a key to the frame that shows what it found. As text, for it runs in the browser. */
function searched(page: Page, text: string): Promise<number> {
  return page.evaluate(`(async () => {
    const box = document.querySelector('input[type=search]');
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    await frame();
    const began = performance.now();
    box.value = ${JSON.stringify(text)};
    box.dispatchEvent(new Event('input', { bubbles: true }));
    await frame();
    await new Promise((done) => setTimeout(done)); // the frame is drawn
    return performance.now() - began;
  })()`);
}

async function metric(cdp: CDPSession, name: string): Promise<number> {
  const { metrics } = await cdp.send('Performance.getMetrics');
  return metrics.find((one) => one.name === name)!.value;
}
