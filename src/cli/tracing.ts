// Starts the tracing of a program, where an endpoint is configured.
import type { CallOptions } from '../store/call.ts';
import type { Tracing } from '../tracing.ts';
import type { Program } from './program.ts';

/** To be called before anything that is traced. It stops last, so that the spans of the shutdown itself are sent. */
export async function startProgramTracing(program: Program): Promise<void> {
  const { otelEndpoint, otelRatio } = program.config;
  if (otelEndpoint === undefined) return;
  const { startTracing } = await import('../otel.ts');
  const tracing = startTracing(otelEndpoint, otelRatio);
  program.tracing = tracing;
  program.shutdown.add('tracing', () => tracing.stop());
}

/** For `makeApi`: a span for each call that a request makes. The rounds of a worker belong to no request, and have none. */
export function tracedCalls(tracing: Tracing | undefined): Pick<CallOptions, 'observe'> {
  if (tracing === undefined) return {};
  return {
    async observe(name, run) {
      const parent = tracing.current();
      if (parent === undefined) return run();
      const span = tracing.start(name, 'client', parent.traceparent);
      span.set({ 'db.system.name': 'postgresql', 'db.operation.name': name });
      try {
        const answer = await run();
        span.end();
        return answer;
      } catch (error) {
        span.end((error as { code?: string }).code ?? 'error');
        throw error;
      }
    },
  };
}
