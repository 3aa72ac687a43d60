// Takes the pictures in docs/images: every page in light, dark and on a phone, of a real server with a day of history.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { launch } from './chromium.ts';
import { installPackages } from './packages.ts';
import { seed } from './screenshots_seed.ts';
import { until } from './wait.ts';

const root = join(import.meta.dir, '../..');
const images = join(root, 'docs/images');

const looks = {
  light: { colorScheme: 'light', viewport: { width: 1440, height: 900 } },
  dark: { colorScheme: 'dark', viewport: { width: 1440, height: 900 } },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 844 } },
} as const;

const home = mkdtempSync(join(tmpdir(), 'tocsin-pictures-'));
const server = Bun.spawn([process.execPath, join(root, 'src/cli.ts'), 'serve'], {
  cwd: home,
  env: { PATH: Bun.env.PATH ?? '', HOME: home, API_PORT: '0', RATE_LIMIT: '1000000' },
  stdout: 'pipe',
  stderr: 'inherit',
});
// The pictures shall look the same wherever they are taken: the page asks for the system's fonts, and these stand for them.
await installPackages('fonts-inter', 'fonts-jetbrains-mono');
const fonts = join(home, 'fonts.conf');
await Bun.write(fonts, fontSettings({ 'system-ui': 'Inter', 'ui-monospace': 'JetBrains Mono' }));
const browser = await launch({ ...Bun.env, FONTCONFIG_FILE: fonts });
try {
  const origin = await readOrigin(server.stdout);
  const places = await seed(origin, join(home, '.tocsin/postgres'));
  mkdirSync(images, { recursive: true });
  for (const [look, options] of Object.entries(looks)) {
    for (const [name, path] of Object.entries(places.pages))
      await take(browser, `${name}-${look}`, origin + path, options);
  }
  await places.stop();
} finally {
  await browser.close();
  server.kill();
  await server.exited;
  rmSync(home, { recursive: true, force: true });
}

async function readOrigin(stream: ReadableStream<Uint8Array>): Promise<string> {
  let output = '';
  void (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) output += decoder.decode(chunk, { stream: true });
  })();
  const found = await until(() => output.match(/"serving"[^\n]*"url":"([^"]+)"/)?.[1], {
    timeoutMs: 60_000,
    what: 'serving',
  });
  return found;
}

type Look = (typeof looks)[keyof typeof looks];

async function take(from: Browser, name: string, url: string, options: Look): Promise<void> {
  const context = await from.newContext({ ...options, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator('.live.live').waitFor();
  await page.locator('main h1').waitFor();
  await page.waitForLoadState('networkidle').catch(() => undefined);
  await page.screenshot({ path: join(images, `${name}.png`) });
  await context.close();
  console.log(`docs/images/${name}.png`);
}

function fontSettings(families: Record<string, string>): string {
  const rules = Object.entries(families).map(
    ([from, to]) => `<match target="pattern"><test name="family"><string>${from}</string></test>
<edit name="family" mode="prepend" binding="strong"><string>${to}</string></edit></match>`,
  );
  return `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include>${rules.join('')}</fontconfig>`;
}
