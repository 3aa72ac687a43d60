// Talks to the REST API of a running server, for the commands that use one.
import { type ClientConfig, readClientConfig } from '../client_config.ts';
import { redact } from '../redact.ts';
import { CliError, exitCodes } from './command.ts';
import { plainText } from './print.ts';

/** Longer than a server takes for its slowest answer, a test message to a receiver that never answers. */
const ANSWER_MS_MAX = 65_000;
const PAGE_SIZE = 100;

/** What the API says of an error; see docs/API.md. */
type Problem = { detail?: string; error_code?: string; errors?: { pointer: string; detail: string }[] };

export class Client {
  readonly #o: ClientConfig;

  constructor(config: ClientConfig = readClientConfig()) {
    this.#o = config;
  }

  get url(): string {
    return this.#o.url;
  }

  get headers(): Record<string, string> {
    return this.#o.token === undefined ? {} : { authorization: `Bearer ${this.#o.token}` };
  }

  get<T>(path: string): Promise<T> {
    return this.#send('GET', path);
  }

  post<T>(path: string, body: unknown = {}): Promise<T> {
    return this.#send('POST', path, body);
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    return this.#send('PATCH', path, body);
  }

  /** Up to `max` items of a list, page by page. */
  async list<T>(path: string, query: Readonly<Record<string, string | undefined>>, max: number): Promise<T[]> {
    const items: T[] = [];
    let cursor: string | null = null;
    do {
      const given = { ...query, limit: String(Math.min(PAGE_SIZE, max - items.length)), cursor: cursor ?? undefined };
      const pairs = Object.entries(given).filter((pair): pair is [string, string] => pair[1] !== undefined);
      const page: { items: T[]; next_cursor: string | null } = await this.get(`${path}?${new URLSearchParams(pairs)}`);
      items.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor !== null && items.length < max);
    return items;
  }

  async #send<T>(method: string, path: string, body?: unknown): Promise<T> {
    let response: Response;
    try {
      response = await fetch(`${this.#o.url}/api/v1${path}`, {
        method,
        headers: { ...this.headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
      });
    } catch (error) {
      throw unreachable(this.#o.url, (error as Error).message);
    }
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok && typeof answer === 'object') return answer as T;
    throw refusal(response.status, (answer ?? {}) as Problem, this.#o);
  }
}

export function unreachable(url: string, reason: string): CliError {
  const words = `There is no Tocsin to reach at ${redact(url)}: ${redact(reason)}\nStart one with tocsin serve, or set TOCSIN_URL.`;
  return new CliError(words, exitCodes.unreachable);
}

function refusal(status: number, { detail, error_code, errors = [] }: Problem, { url, token }: ClientConfig): CliError {
  if (error_code === undefined) return unreachable(url, `what answers there, with ${status}, is no Tocsin`);
  const fields = errors
    .filter(({ pointer }) => pointer !== '')
    .map(({ pointer, detail }) => `\n  ${pointer}: ${detail}`);
  const words =
    plainText(detail ?? `It answered ${status}.`) + fields.map((each) => `\n${plainText(each).trim()}`).join('');
  if (status === 401) {
    const what = token === undefined ? 'Set TOCSIN_TOKEN' : 'Set TOCSIN_TOKEN anew';
    const how = 'to a token (tocsin token --sub me --role operator) or an API key (tocsin keys create).';
    return new CliError(`${words}\n${what} ${how}`, exitCodes.unreachable);
  }
  if (status === 403) return new CliError(words, exitCodes.unreachable);
  return new CliError(words, status === 404 ? exitCodes.missing : exitCodes.failed);
}
