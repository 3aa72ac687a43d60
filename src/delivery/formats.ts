// Turns the Standard Webhooks payload into what Slack, Discord, Teams and PagerDuty take, within their documented limits.
import type { WebhookTarget } from './targets.ts';

/** What is sent where: `url` and `headers` are the webhook's own, less what went into the body. */
export type Formatted = { ok: true; body: string } & Addressed;
/** A reason has no part of the webhook in it: it is kept in the log. */
export type Unformattable = { ok: false; reason: string };

type Addressed = Pick<WebhookTarget, 'url' | 'headers'>;
type Severity = 'INFO' | 'WARNING' | 'CRITICAL';
type Alert = {
  type: string;
  timestamp: string;
  id: string;
  severity: Severity;
  message: string;
  operation: string | null;
  context: Record<string, unknown>;
};

/** Lines of context that a chat message shows; PagerDuty gets all. */
const CONTEXT_LINES_MAX = 10;
/** PagerDuty refuses larger events (413); the rest of its own limits are in `pagerDuty`. */
const PAGERDUTY_BYTES_MAX = 512 * 1024;
const ROUTING_KEY = 'routing_key';
/** The custom header of a webhook that holds the key: sealed, and never shown, unlike an address. */
const ROUTING_KEY_HEADER = 'x-routing-key';

const colours: Record<Severity, number> = { INFO: 0x2e86de, WARNING: 0xf0ad4e, CRITICAL: 0xd32f2f };
const shapes = new Map<string, (alert: Alert) => object>([
  ['slack', slack],
  ['discord', discord],
  ['teams', teams],
]);
const cardStyles: Record<Severity, string> = { INFO: 'accent', WARNING: 'warning', CRITICAL: 'attention' };

/** The text to sign and to send. The format `standard` is the payload itself, byte for byte. */
export function formatMessage(
  webhook: Addressed & Pick<WebhookTarget, 'format'>,
  payload: string,
): Formatted | Unformattable {
  const { format, url, headers } = webhook;
  if (format === 'standard') return { ok: true, body: payload, url, headers };
  if (format === 'pagerduty') return pagerDuty(readAlert(payload), webhook);
  const shape = shapes.get(format);
  if (shape === undefined) return { ok: false, reason: 'the format of the webhook is not known to this version' };
  return { ok: true, body: JSON.stringify(shape(readAlert(payload))), url, headers };
}

/** Test messages have neither an id nor a severity. */
function readAlert(payload: string): Alert {
  const { type, timestamp, data: content } = JSON.parse(payload);
  return {
    type,
    timestamp,
    id: content.alert_id === undefined ? type : String(content.alert_id),
    severity: Object.hasOwn(colours, content.severity) ? content.severity : 'INFO',
    message: content.message,
    operation: content.operation_type ?? null,
    context: content.context ?? {},
  };
}

/** https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
function slack(alert: Alert) {
  const fields = contextLines(alert).map(([name, value]) => ({
    type: 'mrkdwn',
    text: `*${fit(name, 100, slackEscapes)}*\n${fit(value, 1800, slackEscapes)}`,
  }));
  const footer = [{ type: 'plain_text', text: fit(footnote(alert), 1000), emoji: false }];
  return {
    text: `*${alert.severity}* ${fit(alert.type, 200, slackEscapes)}\n${fit(alert.message, 3000, slackEscapes)}`,
    unfurl_links: false,
    unfurl_media: false,
    attachments: [
      {
        color: `#${colours[alert.severity].toString(16).padStart(6, '0')}`,
        blocks: [...(fields.length > 0 ? [{ type: 'section', fields }] : []), { type: 'context', elements: footer }],
      },
    ],
  };
}

/** https://discord.com/developers/docs/resources/webhook#execute-webhook; all texts of an embed have 6,000 characters. */
function discord(alert: Alert) {
  return {
    // Nobody can be called to the channel by what an alert says.
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title: fit(`${alert.severity} ${alert.type}`, 250, markdownEscapes),
        description: fit(alert.message, 2500, markdownEscapes) || '\u200b',
        color: colours[alert.severity],
        timestamp: alert.timestamp,
        fields: contextLines(alert).map(([name, value]) => ({
          name: fit(name, 60, markdownEscapes) || '\u200b',
          value: fit(value, 240, markdownEscapes) || '\u200b',
          inline: value.length < 40,
        })),
        footer: { text: fit(footnote(alert), 200) },
      },
    ],
  };
}

/**
 * A message of Teams' Workflows, of at most 28 KB: each text is cut so that all together, at three bytes a character, stay below.
 * https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
 */
function teams(alert: Alert) {
  // Runs of text, unlike text blocks and facts, have no markup that an alert could use.
  const run = (text: string, more: object = {}) => ({ type: 'TextRun', text: text || ' ', ...more });
  const line = (...inlines: object[]) => ({ type: 'RichTextBlock', inlines });
  const title = run(fit(`${alert.severity} ${alert.type}`, 250), { weight: 'Bolder', size: 'Medium' });
  const lines = contextLines(alert).map(([name, value]) =>
    line(run(`${fit(name, 60)}: `, { weight: 'Bolder' }), run(fit(value, 240))),
  );
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    body: [
      { type: 'Container', style: cardStyles[alert.severity], bleed: true, items: [line(title)] },
      line(run(fit(alert.message, 4000))),
      ...lines,
      line(run(fit(footnote(alert), 200), { isSubtle: true, size: 'Small' })),
    ],
  };
  return {
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
  };
}

/** https://developer.pagerduty.com/docs/send-alert-event: an event of type trigger. */
function pagerDuty(alert: Alert, webhook: Addressed): Formatted | Unformattable {
  const { key, url, headers } = takeRoutingKey(webhook);
  if (!key)
    return { ok: false, reason: 'it has no routing key, in a header x-routing-key or as routing_key of the url' };
  const event = (custom_details: object) =>
    JSON.stringify({
      routing_key: key,
      event_action: 'trigger',
      // Repeats of an alert under its dedupe key are the same alert here too.
      dedup_key: fit(`tocsin-${alert.id}`, 255),
      client: 'Tocsin',
      payload: {
        summary: fit(`${alert.type}: ${alert.message}`, 1024),
        source: 'tocsin',
        severity: alert.severity.toLowerCase(),
        timestamp: alert.timestamp,
        class: fit(alert.type, 255),
        ...(alert.operation !== null && { component: fit(alert.operation, 255) }),
        custom_details,
      },
    });
  const whole = event({ message: alert.message, context: alert.context });
  const body =
    Buffer.byteLength(whole) <= PAGERDUTY_BYTES_MAX
      ? whole
      : event({
          message: fit(alert.message, 20_000),
          context: fit(JSON.stringify(alert.context), 50_000),
          truncated: true,
        });
  return { ok: true, body, url, headers };
}

/** The header wins. The key is sent in the body only. */
function takeRoutingKey({ url, headers }: Addressed): Addressed & { key: string | null } {
  const parsed = new URL(url);
  const inUrl = parsed.searchParams.get(ROUTING_KEY);
  parsed.searchParams.delete(ROUTING_KEY);
  const { [ROUTING_KEY_HEADER]: inHeader, ...others } = headers ?? {};
  return { key: inHeader || inUrl, url: inUrl === null ? url : parsed.href, headers: headers && others };
}

function contextLines({ context }: Alert): [name: string, value: string][] {
  const entries = Object.entries(context);
  const isWhole = entries.length <= CONTEXT_LINES_MAX;
  const shown = entries.slice(0, isWhole ? CONTEXT_LINES_MAX : CONTEXT_LINES_MAX - 1);
  const lines = shown.map(([name, value]): [string, string] => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return isWhole ? lines : [...lines, ['…', `${entries.length - shown.length} more`]];
}

function footnote({ id, operation, timestamp }: Alert): string {
  return [`alert ${id}`, operation, timestamp].filter(Boolean).join(' · ');
}

const slackEscapes = (char: string) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[char] ?? char;
const markdownEscapes = (char: string) => (/[\\*_~`|>#[\]()<@-]/.test(char) ? `\\${char}` : char);

/**
 * The text, or its beginning and an ellipsis, in at most `max` UTF-16 units once escaped. Neither a character nor an escape
 * is cut in two, and control characters are replaced: as `\u00…` each would take six bytes of a message.
 */
function fit(text: string, max: number, escapes: (char: string) => string = (char) => char): string {
  let kept = '';
  let short = '';
  for (const char of text) {
    const next = kept + (/[^\P{Cc}\n\t]/u.test(char) ? '\ufffd' : escapes(char));
    if (next.length > max) return `${short}…`;
    kept = next;
    if (kept.length < max) short = kept;
  }
  return kept;
}
