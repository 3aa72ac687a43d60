// Talks to the REST API: one function that fetches JSON with the session's credentials and turns every failure into words.
import { credential, signOut, tenantChoice } from '../stores/session.ts';

/** A wrong field, by JSON pointer. */
export interface FieldProblem {
  pointer: string;
  detail: string;
}

/** An answer that was not a success, or no answer at all (status 0), in plain words. */
export class ApiProblem extends Error {
  override name = 'ApiProblem';
  constructor(
    message: string,
    readonly status: number,
    readonly errorCode: string,
    readonly fields: FieldProblem[] = [],
    readonly retryAfterSeconds: number | null = null,
    readonly requestId: string | null = null,
  ) {
    super(message);
  }
}

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  query?: Query;
  body?: unknown;
  signal?: AbortSignal;
}

const BASE = '/api/v1';
const REQUEST_TIMEOUT_MS = 60_000;

/**
 * Fetches `/api/v1` + path. Paths that start with `/health` have no prefix.
 * @throws ApiProblem · DOMException AbortError when `signal` aborts
 */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const { method = 'GET', body, signal } = options;
  const response = await send(urlOf(path, options.query), {
    method,
    headers: headersOf(body !== undefined),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: signal ? AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]) : AbortSignal.timeout(60_000),
  });
  if (response.status === 204) return undefined as T;
  const answer: unknown = await response.json().catch((error: Error) => {
    if (error.name === 'AbortError') throw error;
    return null;
  });
  // The deep health check answers 503 with its usual body while PostgreSQL is away.
  if (answer !== null && (response.ok || path.startsWith('/health'))) return answer as T;
  if (response.ok) throw new ApiProblem('The answer of Tocsin was cut off. Is the server running?', 0, 'UNREACHABLE');
  const problem = problemOf(response, answer);
  if (problem.status === 401) signOut(credential.peek() ? problem.message : null);
  throw problem;
}

/** The address of a call, with its query; what is null, undefined or empty is left out. */
export function urlOf(path: string, query: Query = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '');
  const search = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return `${path.startsWith('/health') ? '' : BASE}${path}${search ? `?${search}` : ''}`;
}

function headersOf(hasBody: boolean): Record<string, string> {
  const token = credential.peek();
  const tenant = tenantChoice.peek();
  return {
    accept: 'application/json',
    ...(hasBody ? { 'content-type': 'application/json' } : {}),
    ...(token ? { authorization: `Bearer ${token}` } : {}),
    ...(tenant ? { 'x-tenant': tenant } : {}),
  };
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    const isLate = (error as Error).name === 'TimeoutError';
    throw new ApiProblem(
      isLate ? 'Tocsin did not answer within a minute.' : 'Tocsin cannot be reached. Is the server running?',
      0,
      isLate ? 'TIMEOUT' : 'UNREACHABLE',
    );
  }
}

interface ProblemBody {
  title?: string;
  detail?: string;
  error_code?: string;
  errors?: FieldProblem[];
}

function problemOf(response: Response, answer: unknown): ApiProblem {
  const { title, detail, error_code, errors } = (answer ?? {}) as ProblemBody;
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ApiProblem(
    detail ?? title ?? `Tocsin answered ${response.status}.`,
    response.status,
    error_code ?? String(response.status),
    Array.isArray(errors) ? errors : [],
    Number.isFinite(retryAfter) ? retryAfter : null,
    response.headers.get('x-request-id'),
  );
}
