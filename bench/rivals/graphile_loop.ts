// graphile-worker with nothing to do per job.
// Usage: bun bench/rivals/graphile_loop.ts DATABASE CONCURRENCY.
import { sayFirst } from './first.ts';
import { runGraphile } from './graphile_runner.ts';

const [connectionString = '', concurrency = ''] = process.argv.slice(2);
await runGraphile(connectionString, Number(concurrency), () => sayFirst());
