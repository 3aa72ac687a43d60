// Where the unexpected errors of a program are reported, if anywhere.
import type { Config } from '../config.ts';
import type { Reports } from '../log.ts';

/** Sentry, when SENTRY_DSN is set. It is loaded when there is something to report. */
export function lazyReports({ sentryDsn, environment }: Config): Reports | undefined {
  if (sentryDsn === undefined) return undefined;
  let loading: Promise<Reports> | undefined;
  return {
    report(error, message, fields) {
      loading ??= import('../sentry.ts').then(({ startSentry }) => startSentry(sentryDsn, environment));
      void loading.then((sentry) => sentry.report(error, message, fields)).catch(() => undefined);
    },
    async flush() {
      await (await loading?.catch(() => undefined))?.flush();
    },
  };
}
