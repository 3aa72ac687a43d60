// Tracing by OpenTelemetry: spans go in batches, by OTLP over HTTP, to the configured endpoint. Loaded only where there is one.
import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, type Span as OtelSpan, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { version } from '../package.json' with { type: 'json' };
import type { Span, Tracing } from './tracing.ts';

const QUEUE_MAX = 8192;
const SEND_MS = 1_000;
/** The program must not wait for a collector that is away when it stops. */
const STOP_MS_MAX = 3_000;

const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT, producer: SpanKind.PRODUCER } as const;

/**
 * Starts it. Whoever sends a traceparent decides whether its trace is kept; of the others it is the given part.
 * @param endpoint the collector's, without the path of the signal, as OTEL_EXPORTER_OTLP_ENDPOINT has it
 * @param ratio from 0 to 1
 */
export function startTracing(endpoint: string, ratio: number): Tracing {
  const provider = new TracerProvider({
    // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win.
    resource: defaultResource()
      .merge(
        resourceFromAttributes({ 'service.name': 'tocsin', 'service.version': version, 'process.pid': process.pid }),
      )
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` }),
        maxQueueSize: QUEUE_MAX,
        scheduledDelayMillis: SEND_MS,
      }),
    ],
  });
  const tracer = provider.getTracer('tocsin', version);
  const running = new AsyncLocalStorage<Span>();
  return {
    start: (name, kind, parent) => wrap(tracer.startSpan(name, { kind: kinds[kind] }, contextOf(parent))),
    within: (span, run) => running.run(span, run),
    current: () => running.getStore(),
    async stop() {
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, STOP_MS_MAX);
      await Promise.race([provider.shutdown().catch(() => undefined), late.promise]);
      clearTimeout(timer);
    },
  };
}

function contextOf(traceparent: string | undefined): Context {
  if (traceparent === undefined) return ROOT_CONTEXT;
  const [, traceId = '', spanId = '', flags = '00'] = traceparent.split('-');
  const traceFlags = Number.parseInt(flags, 16);
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

function wrap(span: OtelSpan): Span {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    traceparent: `00-${traceId}-${spanId}-${(traceFlags & 1).toString(16).padStart(2, '0')}`,
    rename: (name) => void span.updateName(name),
    set(attributes) {
      for (const [name, value] of Object.entries(attributes)) if (value !== undefined) span.setAttribute(name, value);
    },
    end(error) {
      if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
      span.end();
    },
  };
}
