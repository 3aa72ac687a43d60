// Swagger UI in a real browser against the real server: what "Try it out" sends is done, and nothing comes from elsewhere.
import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { hasChromium, openBrowser } from '../support/chromium.ts';
import { testHttp } from '../support/http.ts';

// Every wait has a deadline of its own; this one catches a test that hangs.
setDefaultTimeout(90_000);
const browser = openBrowser();
const open = await testHttp();
const secretKey = 'the secret of the documentation tests';
const closed = await testHttp({ sql: open.sql, config: { environment: 'production', secretKey } });

/** Opens an operation of the page and executes it with what stands in its fields; resolves with status and body of the answer. */
async function execute(page: Page, tag: string, operationId: string): Promise<{ status: string; body: string }> {
  const block = page.locator(`#operations-${tag}-${operationId}`);
  if (!(await block.locator('.opblock-body').isVisible())) {
    await block.locator('.opblock-summary-control').click();
    await block.getByRole('button', { name: 'Try it out' }).click();
  }
  await block.getByRole('button', { name: 'Execute' }).click();
  const answer = block.locator('.live-responses-table tr.response');
  await answer.waitFor();
  return {
    status: (await answer.locator('.response-col_status').textContent()) ?? '',
    body: (await answer.locator('.response-col_description').textContent()) ?? '',
  };
}

test.skipIf(!hasChromium)('a webhook is created and read from the page, with the example that it shows', async () => {
  const { page, errors } = await browser.open('/docs', { origin: open.url });
  const created = await execute(page, 'webhooks', 'create_webhook');
  expect(created.status).toStartWith('201');
  expect(created.body).toContain('whsec_');
  const [webhook] = await open.api.webhooks.list_webhooks({ p_tenant_id: 1 });
  expect(webhook).toMatchObject({
    name: 'Billing',
    url: 'https://example.com/webhooks/tocsin',
    header_names: ['x-team'],
  });
  const listed = await execute(page, 'webhooks', 'list_webhooks');
  expect(listed.status).toStartWith('200');
  expect(listed.body).toContain('"name": "Billing"');
  // The id of the example is that of the first webhook there is.
  const read = await execute(page, 'webhooks', 'get_webhook');
  expect(read.status).toStartWith('200');
  expect(read.body).toContain('"total_deliveries": 0');
  // No request went to another host, and nothing broke the content policy.
  expect(errors).toEqual([]);
});

test.skipIf(!hasChromium)(
  'in production the page is open, and its calls need the token that is entered there',
  async () => {
    const { page, errors } = await browser.open('/docs', { origin: closed.url });
    expect((await execute(page, 'alerts', 'list_alerts')).status).toStartWith('401');
    const { authorization = '' } = await closed.bearer({ role: 'viewer' });
    await page.getByRole('button', { name: 'Authorize' }).first().click();
    await page.locator('.auth-container input').fill(authorization.replace('Bearer ', ''));
    await page.locator('.auth-btn-wrapper').getByRole('button', { name: 'Apply credentials' }).click();
    await page.locator('.auth-btn-wrapper').getByRole('button', { name: 'Close' }).click();
    const answer = page.locator('#operations-alerts-list_alerts .live-responses-table tr.response');
    await page.locator('#operations-alerts-list_alerts').getByRole('button', { name: 'Execute' }).click();
    await answer.locator('.response-col_status', { hasText: '200' }).waitFor();
    expect((await execute(page, 'alerts', 'raise_alert')).status).toStartWith('403');
    expect(errors).toEqual([]);
  },
);
