// The shapes and limits that Slack, Discord, Microsoft and PagerDuty document for what is posted to them.
import { type TSchema, Type } from '@sinclair/typebox';

const text = (maxLength: number) => Type.String({ minLength: 1, maxLength });
const strict = (properties: Record<string, TSchema>) => Type.Object(properties, { additionalProperties: false });
const color = Type.Integer({ minimum: 0, maximum: 0xffffff });
const timestamp = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$' });

/** Section: 10 fields of 2,000 characters; context: 10 elements; text: 4,000 advised. */
const slackMessage = strict({
  text: text(4000),
  unfurl_links: Type.Literal(false),
  unfurl_media: Type.Literal(false),
  attachments: Type.Tuple([
    strict({
      color: Type.String({ pattern: '^#[0-9a-f]{6}$' }),
      blocks: Type.Array(
        Type.Union([
          strict({
            type: Type.Literal('section'),
            fields: Type.Array(strict({ type: Type.Literal('mrkdwn'), text: text(2000) }), {
              minItems: 1,
              maxItems: 10,
            }),
          }),
          strict({
            type: Type.Literal('context'),
            elements: Type.Array(
              strict({ type: Type.Literal('plain_text'), text: text(3000), emoji: Type.Boolean() }),
              { minItems: 1, maxItems: 10 },
            ),
          }),
        ]),
        { minItems: 1, maxItems: 50 },
      ),
    }),
  ]),
});

/** Title 256, description 4,096, 25 fields of 256 and 1,024, footer 2,048; their sum, 6,000, is looked at apart. */
const discordMessage = strict({
  allowed_mentions: strict({ parse: Type.Tuple([]) }),
  embeds: Type.Tuple([
    strict({
      title: text(256),
      description: text(4096),
      color,
      timestamp,
      fields: Type.Array(strict({ name: text(256), value: text(1024), inline: Type.Boolean() }), { maxItems: 25 }),
      footer: strict({ text: text(2048) }),
    }),
  ]),
});

const textRun = strict({
  type: Type.Literal('TextRun'),
  text: text(28_000),
  weight: Type.Optional(Type.Union(['Lighter', 'Default', 'Bolder'].map((word) => Type.Literal(word)))),
  size: Type.Optional(Type.Union(['Small', 'Default', 'Medium', 'Large'].map((word) => Type.Literal(word)))),
  isSubtle: Type.Optional(Type.Boolean()),
});
const richText = strict({ type: Type.Literal('RichTextBlock'), inlines: Type.Array(textRun, { minItems: 1 }) });
const teamsMessage = strict({
  type: Type.Literal('message'),
  attachments: Type.Tuple([
    strict({
      contentType: Type.Literal('application/vnd.microsoft.card.adaptive'),
      contentUrl: Type.Null(),
      content: strict({
        $schema: Type.Literal('http://adaptivecards.io/schemas/adaptive-card.json'),
        type: Type.Literal('AdaptiveCard'),
        version: Type.Literal('1.4'),
        msteams: strict({ width: Type.Literal('Full') }),
        body: Type.Array(
          Type.Union([
            richText,
            strict({
              type: Type.Literal('Container'),
              style: Type.Union(['accent', 'warning', 'attention'].map((word) => Type.Literal(word))),
              bleed: Type.Boolean(),
              items: Type.Array(richText),
            }),
          ]),
          { minItems: 1 },
        ),
      }),
    }),
  ]),
});

const pagerDutyEvent = strict({
  routing_key: Type.String({ minLength: 32, maxLength: 32 }),
  event_action: Type.Literal('trigger'),
  dedup_key: text(255),
  client: Type.String(),
  payload: strict({
    summary: text(1024),
    source: text(255),
    severity: Type.Union(['critical', 'error', 'warning', 'info'].map((word) => Type.Literal(word))),
    timestamp,
    class: text(255),
    component: Type.Optional(text(255)),
    custom_details: Type.Object({}),
  }),
});

/** The body of each format. */
export const schemas = { slack: slackMessage, discord: discordMessage, teams: teamsMessage, pagerduty: pagerDutyEvent };
/** The size of a body that the receiver takes. */
export const bytesMax = {
  slack: Number.POSITIVE_INFINITY,
  discord: Number.POSITIVE_INFINITY,
  teams: 28 * 1024,
  pagerduty: 524_288,
};
