// Reports unexpected errors to Sentry, by its core alone: no instrumentation, no context of requests. Loaded with the first error.
import { createStackParser, createTransport, Scope } from '@sentry/core';
import { nodeStackLineParser, ServerRuntimeClient } from '@sentry/core/server';
import { hostname } from 'node:os';
import { version } from '../package.json' with { type: 'json' };
import type { Reports } from './log.ts';
import { redact } from './redact.ts';

const SEND_MS_MAX = 5_000;
/** An error that comes again and again must not become a flood of requests. */
const WAITING_MAX = 30;

/** Sends to the project of this DSN. Never throws: an error that cannot be reported is in the log anyway. */
export function startSentry(dsn: string, environment: string): Reports {
  const client = new ServerRuntimeClient({
    dsn,
    environment,
    release: `tocsin@${version}`,
    serverName: hostname(),
    runtime: { name: 'bun', version: Bun.version },
    stackParser: createStackParser(nodeStackLineParser()),
    integrations: [],
    transport: (options) =>
      createTransport({ ...options, bufferSize: WAITING_MAX }, async ({ body }) => {
        const answer = await fetch(options.url, {
          method: 'POST',
          body: body as string,
          headers: { 'content-type': 'application/x-sentry-envelope', ...options.headers },
          signal: AbortSignal.timeout(SEND_MS_MAX),
        });
        return {
          statusCode: answer.status,
          headers: {
            'x-sentry-rate-limits': answer.headers.get('x-sentry-rate-limits'),
            'retry-after': answer.headers.get('retry-after'),
          },
        };
      }),
  });
  client.init();
  return {
    report(error, message, fields) {
      const scope = new Scope();
      scope.setClient(client);
      scope.setTag('log_message', message);
      for (const [name, value] of Object.entries(fields))
        if (typeof value === 'string' || typeof value === 'number') scope.setTag(name, redact(String(value)));
      client.captureException(plain(error), { originalException: error }, scope);
    },
    flush: async () => void (await client.flush(SEND_MS_MAX)),
  };
}

/** What drivers hang on their errors, such as the query, stays here. */
function plain(error: Error): Error {
  const copy = new Error(redact(error.message));
  copy.name = error.name;
  if (error.stack) copy.stack = redact(error.stack);
  return copy;
}
