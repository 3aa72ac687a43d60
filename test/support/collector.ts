// Takes what a server tells of itself: the spans of OTLP over HTTP, and the envelopes of Sentry.
import { afterAll } from 'bun:test';

export interface CollectedSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  name: string;
  /** 2 server, 3 client, 4 producer. */
  kind: number;
  attributes: Record<string, unknown>;
  /** 2 is an error. */
  status: { code: number; message?: string };
  resource: Record<string, unknown>;
}

export interface Collector {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT · for SENTRY_DSN. */
  url: string;
  dsn: string;
  spans: CollectedSpan[];
  /** Of the last batch of spans. */
  spanHeaders: Headers;
  /** The whole text of each envelope. */
  envelopes: string[];
}

/** It ends with the calling file. */
export function startCollector(): Collector {
  const collected = { spans: [] as CollectedSpan[], spanHeaders: new Headers(), envelopes: [] as string[] };
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === '/v1/traces') {
        collected.spanHeaders = request.headers;
        collected.spans.push(...spansOf((await request.json()) as Export));
      } else if (pathname === '/api/1/envelope/') collected.envelopes.push(await request.text());
      else return new Response(null, { status: 404 });
      return Response.json({});
    },
  });
  afterAll(() => server.stop(true));
  const url = server.url.origin;
  return Object.assign(collected, { url, dsn: url.replace('//', '//publickey@').concat('/1') });
}

type Attribute = { key: string; value: Record<string, unknown> };
type Raw = Omit<CollectedSpan, 'attributes' | 'resource'> & { attributes: Attribute[] };
type Export = { resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: Raw[] }[] }[] };

function spansOf({ resourceSpans }: Export): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap(({ spans }) => spans)
      .map((span) => ({ ...span, attributes: plain(span.attributes), resource: plain(resource.attributes) })),
  );
}

/** `{"key": "a", "value": {"intValue": 1}}` → a: 1. */
function plain(attributes: Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
