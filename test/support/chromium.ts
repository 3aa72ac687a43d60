// A real browser for tests: finds Chromium, or installs Debian's where it may, and opens pages that tell of their errors.
import { afterAll, afterEach } from 'bun:test';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import axe from 'axe-core';
import { installPackages } from './packages.ts';

/** Whether tests in a browser can run here. In CI they must: without a browser they fail instead of being left out. */
export const hasChromium = findChromium() !== undefined || Boolean(Bun.env.CI);

export interface Tab {
  page: Page;
  /** What the console and uncaught errors said, without those of failed requests, which some tests cause. */
  errors: string[];
}

export interface TabOptions extends BrowserContextOptions {
  /** Requests to any other origin are errors. */
  origin: string;
}

/** Call it at the top level of a file. Tabs are closed after each test, the browser after the file. */
export function openBrowser() {
  let launching: Promise<Browser> | undefined;
  const tabs = new Set<Page>();
  afterEach(async () => {
    await Promise.all([...tabs].map((page) => page.context().close()));
    tabs.clear();
  });
  afterAll(async () => {
    await (await launching)?.close();
  });
  return {
    async open(path: string, { origin, ...options }: TabOptions): Promise<Tab> {
      launching ??= launch();
      const context = await (await launching).newContext({ viewport: { width: 1440, height: 900 }, ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(20_000);
      tabs.add(page);
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      page.on('console', (message) => {
        const isExpected = /Failed to load resource|WebSocket connection to/.test(message.text());
        if (message.type() === 'error' && !isExpected) errors.push(message.text());
      });
      page.on('request', (request) => {
        const url = new URL(request.url());
        if (url.host !== new URL(origin).host && url.protocol !== 'data:') errors.push(`request to ${url.origin}`);
      });
      await page.goto(`${origin}${path}`);
      return { page, errors };
    },
  };
}

export interface Finding {
  rule: string;
  impact: string;
  where: string[];
}

/** What axe finds that is serious or worse. */
export async function findBarriers(page: Page): Promise<Finding[]> {
  // A function call, not a script element: the page's content policy forbids those.
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    // biome-ignore lint/suspicious/noExplicitAny: axe puts itself on the window.
    const { violations } = await (window as any).axe.run(document, { resultTypes: ['violations'] });
    return violations
      .filter(({ impact }: { impact: string }) => impact === 'serious' || impact === 'critical')
      .map(({ id, impact, nodes }: { id: string; impact: string; nodes: { html: string }[] }) => ({
        rule: id,
        impact,
        where: nodes.map(({ html }) => html.slice(0, 200)).slice(0, 5),
      }));
  });
}

/** The browser itself, for programs that take pictures; `env` in place of this program's. */
export async function launch(env?: Record<string, string | undefined>): Promise<Browser> {
  if (!findChromium()) await installPackages('chromium');
  const executablePath = findChromium();
  if (!executablePath)
    throw new Error('The tests of the page need Chromium: install it, or run them as root on Debian.');
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--font-render-hinting=none'],
    ...(env ? { env } : {}),
  });
}

function findChromium(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
  return names.map((name) => Bun.which(name) ?? undefined).find(Boolean);
}
