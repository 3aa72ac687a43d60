// Turns every error into a problem document (RFC 9457): the only place that maps errors to status codes.
import { Elysia } from 'elysia';
import type { Log } from '../log.ts';
import { readTraceparent, traceIdOf } from '../trace_context.ts';
import type { Tracing } from '../tracing.ts';
import { plainPointer, Problem, type ProblemCode, problemKinds } from './problem.ts';
import type { RouteTable } from './route_table.ts';
import { validationProblem } from './validation_problem.ts';

/**
 * SQLSTATE → problem. States that our own functions raise carry words for the caller; of all others nothing is passed on.
 * A class of states (its first two characters) stands for those that are not listed themselves.
 */
export const sqlStates: Record<string, { errorCode: ProblemCode; detail?: string }> = {
  NTFND: { errorCode: 'RESOURCE_NOT_FOUND' },
  NPERM: { errorCode: 'PERMISSION_DENIED' },
  STALE: { errorCode: 'STATE_CONFLICT' },
  EXIST: { errorCode: 'ALREADY_EXISTS' },
  LIMIT: { errorCode: 'RATE_LIMITED' },
  INVLD: { errorCode: 'VALIDATION_ERROR' },
  '22021': { errorCode: 'VALIDATION_ERROR', detail: 'A text has a character that cannot be stored, such as U+0000.' },
  '22P05': { errorCode: 'VALIDATION_ERROR', detail: 'A text has a character that cannot be stored, such as U+0000.' },
  '22': { errorCode: 'VALIDATION_ERROR', detail: 'A value is out of range or not of the form that is needed.' },
  '23505': { errorCode: 'ALREADY_EXISTS', detail: 'It exists already.' },
  '23': { errorCode: 'VALIDATION_ERROR', detail: 'A value is not allowed here.' },
  '54': { errorCode: 'VALIDATION_ERROR', detail: 'A value is too large or nested too deeply.' },
  '57014': { errorCode: 'TIMEOUT', detail: 'The database took too long.' },
  '40': { errorCode: 'SERVICE_UNAVAILABLE', detail: 'The request met others that change the same; try it again.' },
  '55P03': { errorCode: 'SERVICE_UNAVAILABLE', detail: 'The request met others that change the same; try it again.' },
  '08': { errorCode: 'SERVICE_UNAVAILABLE', detail: 'The database is away.' },
  '53': { errorCode: 'SERVICE_UNAVAILABLE', detail: 'The database is overloaded.' },
  '57': { errorCode: 'SERVICE_UNAVAILABLE', detail: 'The database is away.' },
  '25006': { errorCode: 'SERVICE_UNAVAILABLE', detail: 'The database is read-only now.' },
};

/** Codes of errors that mean that no connection to the database was to be had. */
const connectionCodes = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'CALL_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
]);

const RETRY_AFTER_SECONDS = '2';

/** Answers for every error of the routes that are registered after it, and for paths that no route has. */
export const problems = (log: Log, routes: RouteTable, tracing?: Tracing) =>
  new Elysia({ name: 'problems' }).onError({ as: 'global' }, ({ error, code, request, set, path }) => {
    const problem = code === 'NOT_FOUND' ? routes.missing(request.method, path) : problemOf(error);
    const fields = {
      request_id: set.headers['x-request-id'],
      trace_id: traceIdOf(tracing?.current()?.traceparent ?? readTraceparent(request.headers.get('traceparent'))),
      method: request.method,
      path: routes.plainPath(path),
    };
    if (problem.status === 500) log.error('request failed', { ...fields, error });
    else if (problem.status > 500) log.warn('request not served', { ...fields, reason: problem.detail });
    set.status = problem.status;
    return problemAnswer(problem, fields.path, set.headers);
  });

/** Of `serve`: Bun would answer an error that comes from outside every route with a page of our sources, and print the query. */
export const unshown = (log: Log) => ({
  development: false,
  error(error: Error): Response {
    log.error('request failed', { error });
    return problemAnswer(internal(), '/', {});
  },
});

/** Elysia would skip the first characters of the host, and take a part of the path for it where that is short. */
export const anyHost = { standardHostname: false } as const;

/** What an error is to the caller. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (cause instanceof Problem) return cause;
  if (code === 'VALIDATION') return validationProblem(error);
  if (code === 'PARSE') return new Problem('BODY_UNREADABLE', 'The body cannot be read.');
  if (error instanceof URIError) return new Problem('BODY_UNREADABLE', 'The path is not well-formed.');
  if (typeof code !== 'string') return internal();
  if (connectionCodes.has(code)) return unavailable('The database is away.');
  return /^[0-9A-Z]{5}$/.test(code) ? sqlProblem(code, error as SqlError) : internal();
}

interface SqlError {
  message: string;
  hint?: string;
  column_name?: string;
}

function sqlProblem(code: string, error: SqlError): Problem {
  const known = sqlStates[code] ?? sqlStates[code.slice(0, 2)];
  if (known === undefined) return internal();
  const { errorCode } = known;
  const detail = known.detail ?? [error.message, error.hint].filter(Boolean).join(' ');
  if (errorCode === 'SERVICE_UNAVAILABLE') return unavailable(detail);
  if (errorCode === 'RATE_LIMITED') return new Problem(errorCode, detail, [], { 'retry-after': RETRY_AFTER_SECONDS });
  const pointer = plainPointer(error.column_name ?? '');
  return new Problem(errorCode, detail, code === 'INVLD' ? [{ pointer, detail }] : []);
}

function internal(): Problem {
  return new Problem('INTERNAL_ERROR', 'Something went wrong in the server. Its log has more, by the request id.');
}

function unavailable(detail: string): Problem {
  return new Problem('SERVICE_UNAVAILABLE', detail, [], { 'retry-after': RETRY_AFTER_SECONDS });
}

/** The problem as an HTTP answer. */
function problemAnswer(problem: Problem, instance: string, headers: Record<string, unknown>): Response {
  const { errorCode, status, detail, errors } = problem;
  const document = {
    type: `urn:tocsin:problem:${errorCode.toLowerCase()}`,
    title: problemKinds[errorCode].title,
    status,
    detail,
    instance,
    error_code: errorCode,
    timestamp: new Date().toISOString(),
    errors,
  };
  return new Response(JSON.stringify(document), {
    status,
    headers: {
      ...(headers as Record<string, string>),
      ...problem.headers,
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
    },
  });
}
