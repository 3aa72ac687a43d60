// What each format sends, held against the shapes and limits that Slack, Discord, Microsoft and PagerDuty document.
import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import fc from 'fast-check';
import { formatMessage } from '../../src/delivery/formats.ts';
import { bytesMax, schemas } from '../support/message_shapes.ts';

type Format = 'slack' | 'discord' | 'teams' | 'pagerduty';
type Alert = {
  alert_id?: number;
  severity?: string;
  message: string;
  operation_type?: string | null;
  context?: object;
};

const formats = Object.keys(schemas) as Format[];
const routing_key = 'R0123456789abcdefR0123456789abcd';
const webhook = { url: 'https://chat.example.com/in?a=1', headers: { 'x-routing-key': routing_key, 'x-team': 'ops' } };
const usual: Alert = {
  alert_id: 4711,
  severity: 'CRITICAL',
  message: 'Payment 7 failed.',
  operation_type: 'UPDATE',
  context: { amount: 12.5, order: { id: 7 }, who: 'ann' },
};
const payloadOf = (alert: Alert, type = 'order.failed') =>
  JSON.stringify({ type, timestamp: '2026-11-22T12:00:00.000Z', data: alert });

// biome-ignore lint/suspicious/noExplicitAny: the schema has been checked; tests look at single fields.
function sent(format: Format, alert: Alert, type?: string): any {
  const formatted = formatMessage({ ...webhook, format }, payloadOf(alert, type));
  if (!formatted.ok) throw new Error(formatted.reason);
  const body = JSON.parse(formatted.body);
  const [error] = [...Value.Errors(schemas[format], body)];
  if (error) throw new Error(`${format} ${error.path} ${error.message}`);
  expect(Buffer.byteLength(formatted.body)).toBeLessThanOrEqual(bytesMax[format]);
  if (format === 'discord') expect(embedLength(body.embeds[0])).toBeLessThanOrEqual(6000);
  return body;
}

const embedLength = (embed: {
  title: string;
  description: string;
  footer: { text: string };
  fields: { name: string; value: string }[];
}) =>
  [embed.title, embed.description, embed.footer.text, ...embed.fields.flatMap(({ name, value }) => [name, value])].join(
    '',
  ).length;

describe.each(formats)('%s', (format) => {
  test('has the documented shape, and says what happened', () => {
    const body = JSON.stringify(sent(format, usual));
    for (const word of ['order.failed', 'Payment 7 failed.', '4711', 'ann', '12.5']) expect(body).toContain(word);
  });

  test('takes a test message, which has neither id nor severity', () => {
    expect(JSON.stringify(sent(format, { message: 'This is a test.' }, 'tocsin.ping'))).toContain('This is a test.');
  });

  test.each(['a', '漢', '🚨', '"', '\\', '\n', '&', '*', '\u0001'])(
    'stays within the limits with as much of %j as an alert holds',
    (char) => {
      const long = char.repeat(10_000).slice(0, 10_000);
      const context = Object.fromEntries(
        Array.from({ length: 40 }, (_, i) => [`${i}${long.slice(0, 2000)}`, long.slice(0, 6000)]),
      );
      const body = sent(
        format,
        { ...usual, message: `x${long}`, operation_type: long.slice(0, 200), context },
        'a'.repeat(200),
      );
      expect(JSON.stringify(body)).toContain('…');
    },
  );

  test('stays well-formed with any alert', () => {
    const anyText = fc.string({ unit: 'binary', maxLength: 3000 });
    const anyContext = fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 100 }), fc.jsonValue({ maxDepth: 3 }), {
      maxKeys: 20,
    });
    fc.assert(
      fc.property(anyText, anyContext, fc.constantFrom('INFO', 'WARNING', 'CRITICAL'), (message, context, severity) => {
        const body = JSON.stringify(sent(format, { ...usual, message: `m${message}`, context, severity }));
        expect(body.isWellFormed()).toBeTrue();
      }),
      { numRuns: 100 },
    );
  });
});

describe('the formats', () => {
  test('standard is the payload itself, byte for byte', () => {
    const payload = '{"type":"x", "data":{"context":{"n":12345678901234567890}}}';
    expect(formatMessage({ ...webhook, format: 'standard' }, payload)).toEqual({ ok: true, body: payload, ...webhook });
  });

  test('tell severities apart by colour, style and word', () => {
    const of = (severity: string) => ({
      slack: sent('slack', { ...usual, severity }).attachments[0].color,
      discord: sent('discord', { ...usual, severity }).embeds[0].color,
      teams: sent('teams', { ...usual, severity }).attachments[0].content.body[0].style,
      pagerduty: sent('pagerduty', { ...usual, severity }).payload.severity,
    });
    expect(of('CRITICAL')).toEqual({ slack: '#d32f2f', discord: 0xd32f2f, teams: 'attention', pagerduty: 'critical' });
    expect(of('WARNING')).toMatchObject({ teams: 'warning', pagerduty: 'warning' });
    expect(of('INFO')).toMatchObject({ teams: 'accent', pagerduty: 'info' });
    expect(new Set(['CRITICAL', 'WARNING', 'INFO'].map((severity) => of(severity).slack)).size).toBe(3);
  });

  test('let no alert call people, hide a link or break out of its place', () => {
    const hostile = { ...usual, message: '<!channel> @everyone [safe](https://evil.example) <@U1>' };
    expect(sent('slack', hostile).text).toContain('&lt;!channel&gt;');
    const { allowed_mentions, embeds } = sent('discord', hostile);
    expect(allowed_mentions).toEqual({ parse: [] });
    expect(embeds[0].description).toContain('\\[safe\\]\\(https');
    expect(sent('teams', hostile).attachments[0].content.body[1].inlines[0].text).toBe(hostile.message);
  });

  test('cut between escapes and characters', () => {
    const { text: slackText } = sent('slack', { ...usual, message: '&'.repeat(5000) });
    expect(slackText.split('\n')[1]).toMatch(/^(?:&amp;)+…$/);
    const { description } = sent('discord', { ...usual, message: '🚨'.repeat(5000) }).embeds[0];
    expect(description).toBe(`${'🚨'.repeat(1249)}…`);
  });
});

describe('pagerduty', () => {
  const format = 'pagerduty';

  test('takes the routing key from a header, or else from the address, and sends it in the body only', () => {
    const byHeader = formatMessage({ ...webhook, format }, payloadOf(usual));
    expect(byHeader).toMatchObject({ ok: true, url: webhook.url, headers: { 'x-team': 'ops' } });
    expect(JSON.stringify(byHeader)).not.toContain('x-routing-key');
    const url = `https://events.example.com/v2/enqueue?a=1&routing_key=${routing_key}`;
    const byUrl = formatMessage({ url, headers: null, format }, payloadOf(usual));
    expect(byUrl).toMatchObject({ ok: true, url: 'https://events.example.com/v2/enqueue?a=1', headers: null });
    expect(byUrl.ok && JSON.parse(byUrl.body).routing_key).toBe(routing_key);
  });

  test('says what is missing without a routing key', () => {
    const url = 'https://events.example.com/v2/enqueue?hidden=1';
    const refused = formatMessage({ url, headers: null, format }, payloadOf(usual));
    expect(refused).toEqual({ ok: false, reason: expect.stringContaining('routing_key') });
    expect(JSON.stringify(refused)).not.toContain('hidden');
  });

  test('names the same incident on every retry, and sends the whole context', () => {
    const [one, two] = [sent(format, usual), sent(format, usual)];
    expect([one.dedup_key, two.dedup_key]).toEqual(['tocsin-4711', 'tocsin-4711']);
    expect(one.payload.custom_details).toEqual({ message: usual.message, context: usual.context });
  });

  test('cuts details that are larger than an event may be', () => {
    const details = sent(format, { ...usual, context: { blob: 'x'.repeat(600_000) } }).payload.custom_details;
    expect(details).toMatchObject({ truncated: true, context: expect.stringMatching(/^\{"blob":"x+…$/) });
  });
});
