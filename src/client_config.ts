// Reads the part of the environment that says which running server to use.
import { ConfigError, environmentWith } from './config.ts';
import { EnvReader } from './env_reader.ts';

/** What the commands that use a running server need of the environment. */
export interface ClientConfig {
  /** Of the server, without a slash at its end. */
  url: string;
  /** A token or an API key; a development server on this machine wants none. */
  token: string | undefined;
}

/**
 * Reads only that, so that a machine with nothing of a server's settings can use one.
 * @throws ConfigError
 */
export function readClientConfig(env: Record<string, string | undefined> = environmentWith({})): ClientConfig {
  const read = new EnvReader(env);
  const url =
    read.url('TOCSIN_URL', ['http:', 'https:']) ?? `http://127.0.0.1:${read.integer('API_PORT', 8000, 1, 65_535)}`;
  if (read.problems.length > 0) throw new ConfigError(read.problems);
  return { url: url.replace(/\/+$/, ''), token: read.text('TOCSIN_TOKEN') };
}
