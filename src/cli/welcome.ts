// Says that the server serves: to the log, and to whoever tries it out in a terminal.
import type { Program } from './program.ts';

/** @param fields for the log */
export function welcome({ config, log }: Program, url: string, fields: Record<string, unknown> = {}): void {
  log.info('serving', { url, ...fields });
  if (config.environment !== 'development') return;
  console.log(`
  Dashboard  ${url}/dashboard
  API        ${url}/api/v1
  Explore    ${url}/docs
  Health     ${url}/health/deep

  Raise an alert:
    curl ${url}/api/v1/alerts --json '{"message": "Hello"}'

  Ctrl-C stops; what is kept lies in .tocsin/ here.
`);
}
