// Tests what happens while the page is open: live rows, a lost connection, the keyboard, zooming, many webhooks, signing in.
import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { findBarriers, hasChromium, openBrowser } from '../support/chromium.ts';
import { startFakeApi } from '../support/fake_api.ts';

// Every wait has a deadline of its own; this one catches a test that hangs.
setDefaultTimeout(90_000);
const browser = openBrowser();
const api = startFakeApi();
const many = startFakeApi({ webhookCount: 1_000 });
const closed = startFakeApi({ credential: 'tsk_right' });
afterAll(() => Promise.all([api.stop(), many.stop(), closed.stop()]));
const open = (path: string, options = {}) => browser.open(`/dashboard${path}`, { origin: api.origin, ...options });

let lastId = 1_000;
function raise(change: Record<string, unknown> = {}): number {
  lastId += 1;
  const alert = { alert_id: lastId, severity: 'WARNING', alert_type: 'disk.full', status: 'pending' };
  const message = `Disk ${lastId} is full`;
  api.publish({ type: 'alert_new', ...alert, message, created_at: new Date().toISOString(), cursor: '2', ...change });
  return lastId;
}

const isLive = (page: Page) => page.locator('.live.live').getByText('Live', { exact: true }).waitFor();
const rowOf = (page: Page, id: number) => page.locator(`tr[data-row="${id}"]`);

describe.skipIf(!hasChromium)('the alerts page', () => {
  test('shows a new alert at the top as soon as it is told of it', async () => {
    const { page } = await open('/alerts');
    await isLive(page);
    const id = raise();
    await rowOf(page, id).waitFor();
    expect(await page.locator('tbody tr').first().getAttribute('data-row')).toBe(String(id));
  });

  test('never moves the row under the pointer: it counts what is new and lets it in when asked', async () => {
    const { page } = await open('/alerts');
    await isLive(page);
    await page.locator('tbody tr').nth(2).hover();
    const before = await page.locator('tbody tr').nth(2).boundingBox();
    const id = raise();
    raise();
    await page.getByRole('button', { name: '2 new' }).waitFor();
    expect(await page.locator('tbody tr').nth(2).boundingBox()).toEqual(before);
    await page.getByRole('button', { name: '2 new' }).click();
    await rowOf(page, id).waitFor();
  });

  test('counts instead of inserting when more than a few come in a second', async () => {
    const { page } = await open('/alerts');
    await isLive(page);
    for (let count = 0; count < 128; count += 1) raise();
    await page.getByRole('button', { name: /^1[0-9]{2} new$/ }).waitFor();
    expect(await page.locator('tbody tr').count()).toBeLessThan(60);
  });

  test('is worked by keyboard: move, mark, acknowledge many, open', async () => {
    const { page } = await open('/alerts');
    await rowOf(page, 40).waitFor();
    for (const key of ['j', 'x', 'j', 'x', 'a']) await page.keyboard.press(key);
    await page.getByText('2 acknowledged.').waitFor();
    expect(api.writes.at(-1)).toEqual({ call: 'POST /alerts/acknowledge', body: { alert_ids: [40, 39] } });
    await rowOf(page, 39).getByText('Acknowledged').waitFor();
    // Resolving many is one call; what has the focus is changed when nothing is marked.
    for (const key of ['j', 'x', 'j', 'x', 'e']) await page.keyboard.press(key);
    await page.getByText('2 resolved.').waitFor();
    expect(api.writes.at(-1)).toEqual({ call: 'POST /alerts/resolve', body: { alert_ids: [38, 37] } });
    await rowOf(page, 37).getByText('Resolved').waitFor();
    for (const key of ['j', 'e']) await page.keyboard.press(key);
    await page.getByText('1 resolved.').waitFor();
    expect(api.writes.at(-1)).toEqual({ call: 'POST /alerts/resolve', body: { alert_ids: [36] } });
    for (const key of ['k', 'k', 'k']) await page.keyboard.press(key);
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/alerts\/40$/);
    await page.keyboard.press('g');
    await page.keyboard.press('d');
    await page.waitForURL(/\/deliveries$/);
    await page.keyboard.press('?');
    await page.getByText('Next, previous row').waitFor();
    expect(await findBarriers(page)).toEqual([]);
  });
});

describe.skipIf(!hasChromium)('a tile', () => {
  test('turns as soon as its webhook does', async () => {
    const { page } = await open('');
    const tile = page.locator('.tile[data-row="30"]');
    await tile.getByText('Healthy').waitFor();
    await isLive(page);
    const change = { webhook_name: 'Receiver 30', health_status: 'unavailable', success_rate_percent: 10 };
    api.publish({ type: 'webhook_status_changed', webhook_id: 30, ...change });
    await tile.getByText('Unavailable').waitFor();
    await page.getByText('2 of 30 webhooks are failing').waitFor();
  });
});

describe.skipIf(!hasChromium)('a lost connection', () => {
  test('is said, and the page catches up by itself', async () => {
    const { page } = await open('/alerts');
    await isLive(page);
    api.refuse(true);
    await page.getByText('Disconnected').first().waitFor();
    await page.getByText('What you see is as of').waitFor();
    expect(await findBarriers(page)).toEqual([]);
    api.refuse(false);
    await isLive(page);
    expect(await page.getByText('What you see is as of').count()).toBe(0);
    const id = raise();
    await rowOf(page, id).waitFor();
  });
});

describe.skipIf(!hasChromium)('the charts', () => {
  test('zoom to what is dragged over, in the address, and back again', async () => {
    const { page } = await open('');
    const plot = await page.locator('.chart .u-over').first().boundingBox();
    if (!plot) throw new Error('There is no chart.');
    const y = plot.y + plot.height / 2;
    await page.mouse.move(plot.x + plot.width * 0.3, y);
    await page.mouse.down();
    await page.mouse.move(plot.x + plot.width * 0.6, y, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/since=.*until=/);
    await page.getByRole('button', { name: 'Reset zoom' }).click();
    await page.waitForURL((url) => !url.search.includes('since'));
    await page.goBack();
    await page.waitForURL(/since=.*until=/);
  });
});

describe.skipIf(!hasChromium)('a thousand webhooks', () => {
  test('are one grid, searched at once, and redrawn fast enough for 200 messages a second', async () => {
    const { page, errors } = await browser.open('/dashboard', { origin: many.origin });
    await page.locator('.tiles.small .tile').nth(900).waitFor();
    await isLive(page);
    const frames = page.evaluate(async () => {
      const gaps: number[] = [];
      let last = performance.now();
      while (gaps.length < 120) {
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        gaps.push(now - last);
        last = now;
      }
      return gaps.toSorted((a, b) => a - b);
    });
    const timer = setInterval(() => {
      const figures = { p50_latency_ms: 20, p95_latency_ms: 90, p99_latency_ms: 300, error_rate_percent: 1 };
      const now = { cache_hit_rate_percent: 99, deliveries_per_second: 50 * Math.random(), queue_depth: 3 };
      for (let count = 0; count < 10; count += 1) many.publish({ type: 'metrics_update', ...figures, ...now });
    }, 50);
    const gaps = await frames;
    clearInterval(timer);
    // The bounds are for a machine that is busy with other tests: alone it is 17 ms a frame, and under 2 ms a redraw.
    expect(gaps[60]).toBeLessThan(67);
    const redraws = await page
      .locator('.plot')
      .evaluateAll((plots) => plots.map((plot) => Number(plot.dataset.redrawMs)));
    expect(Math.min(...redraws)).toBeLessThan(30);
    await page.getByRole('searchbox', { name: 'Search webhooks' }).fill('Receiver 777');
    await page.getByText('1 of 1,000', { exact: true }).waitFor();
    expect(errors).toEqual([]);
  });
});

describe.skipIf(!hasChromium)('signing in', () => {
  test('is asked for by the server, refused in words, and forgotten when signing out', async () => {
    const { page, errors } = await browser.open('/dashboard/webhooks', { origin: closed.origin });
    await page.getByRole('heading', { name: 'Sign in to Tocsin' }).waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await page.getByLabel('Token or API key').fill('tsk_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('The token is not valid.').waitFor();
    await page.getByLabel('Token or API key').fill('tsk_right');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Receiver 30').first().waitFor();
    expect(page.url()).toEndWith('/dashboard/webhooks');
    await page.reload();
    await page.getByText('Receiver 30').first().waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in to Tocsin' }).waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    expect(errors).toEqual([]);
  });
});
