// A thousand concurrent experiments on the API double: what the controller alone takes for them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { NODE_FLAGS } from '../../controller/node-flags.mjs';
import { bundled } from './bundled.ts';
import type { Figure } from './figures.ts';
import { WIDTH } from './thousand-jobs-shape.ts';

const PAGES_PER_LIST = WIDTH / 250;

export async function thousandJobs(): Promise<Figure[]> {
  const script = join(import.meta.dirname, 'thousand-jobs-double.ts');
  const double = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const [url] = await once(createInterface({ input: double.stdout! }), 'line');
    const { stdout } = await bundled('thousand-jobs-lane', (program) =>
      execa(process.execPath, [...NODE_FLAGS, program, url], { stderr: 'inherit' }),
    );
    const seen = JSON.parse(stdout);
    const relists = seen.listPages / PAGES_PER_LIST;
    const figure = (what: string, value: number, unit: string, aim = ''): Figure => ({
      what,
      value,
      unit,
      aim,
    });
    return [
      figure('1,000 at a time: until all run', seen.rampSeconds, 's'),
      figure('  experiments decided while measured', seen.experiments, ''),
      figure('  CPU of the controller', 100 * seen.cpuShare, '% of a core'),
      figure('  CPU per experiment, relists and watches in it', seen.cpuMs, 'ms'),
      figure('  resident', seen.rssMb, 'MB'),
      figure('  event loop delay, p50', seen.delayP50Ms, 'ms'),
      figure('  event loop delay, p99', seen.delayP99Ms, 'ms'),
      figure('  event loop delay, most', seen.delayMaxMs, 'ms'),
      figure('  relists of Jobs and Pods', relists, ''),
      figure('  bytes per relist', seen.relistMb / relists, 'MiB'),
      figure('  API requests per experiment', seen.requests, '', '<= 6'),
    ];
  } finally {
    double.stdin!.end();
  }
}
