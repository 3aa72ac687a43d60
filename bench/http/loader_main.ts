// The load generator: autocannon, in a process of its own, so that it and the server do not share an event loop.
import autocannon from 'autocannon';
import { serveRuns } from './runner.ts';
import { Timings } from './timings.ts';

/** One run. Each connection goes through a stretch of the paths of its own, so that few ask for the same at once. */
export type LoadOrder = {
  url: string;
  paths: string[];
  connections: number;
  ms: number;
  warmMs: number;
  /** The status of a right answer. */
  status: number;
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
};

serveRuns<LoadOrder>(async ({ url, paths, connections, ms, warmMs, status, method = 'GET', headers = {}, body }) => {
  const timings = new Timings(warmMs);
  const stretch = Math.ceil(paths.length / connections);
  let client = 0;
  const { promise, resolve, reject } = Promise.withResolvers<{ errors: number; timeouts: number }>();
  const running = autocannon(
    {
      url,
      connections,
      duration: (ms + warmMs) / 1000,
      sampleInt: 50,
      setupClient(its) {
        const from = (client++ * stretch) % paths.length;
        const own = paths.slice(from, from + stretch);
        its.setRequests(own.map((path) => ({ method, path, headers, ...(body === undefined ? {} : { body }) })));
      },
    },
    (error, result) => (error ? reject(error) : resolve(result)),
  );
  running.on('response', (_client, code, _bytes, tookMs) => timings.add(tookMs, Number(code) === status));
  const { errors, timeouts } = await promise;
  return timings.report(errors + timeouts);
});
