// A real browser, where this machine has one: Debian's Chromium, which `npm test` installs where it can.
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeEach, onTestFinished } from 'vitest';

const PATH = '/usr/bin/chromium';

/** Opens pages for the tests of a file; where there is no browser, each of them is skipped and says so. */
export function inChromium(): (options?: BrowserContextOptions) => Promise<Watched> {
  let browser: Browser | null = null;
  beforeEach(async ({ skip }) => {
    if (!existsSync(PATH)) skip(`there is no ${PATH}; install it with apt-get install chromium`);
    // Debian's runs as root without its own sandbox only.
    browser ??= await chromium.launch({ executablePath: PATH, args: ['--no-sandbox', '--disable-gpu'] });
  });
  afterAll(() => browser?.close());
  return async (options = {}) => {
    const context = await browser!.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    onTestFinished(() => context.close());
    context.setDefaultTimeout(120_000); // how long it takes is no fault, and what hangs must end
    return new Watched(await context.newPage());
  };
}

/** A page of which everything is noted that must not happen: errors, dialogs, requests elsewhere. */
export class Watched {
  readonly page: Page;
  readonly faults: string[] = [];
  /** What it asked for, path by path. */
  readonly asked: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => this.faults.push(`error: ${error.message}`));
    page.on('console', (said) => {
      if (said.type() === 'error') this.faults.push(`console: ${said.text()}`);
    });
    page.on('dialog', (dialog) => {
      this.faults.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      const { protocol, hostname, pathname } = new URL(request.url());
      this.asked.push(pathname);
      if (protocol !== 'data:' && hostname !== '127.0.0.1' && protocol !== 'file:')
        this.faults.push(`request: ${request.url()}`);
    });
  }
}
