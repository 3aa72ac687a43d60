// graphile-worker doing the same job.
// Usage: bun bench/rivals/graphile_worker.ts DATABASE RECEIVER CONCURRENCY [log].
import { insertAttempts } from './attempts.ts';
import { runGraphile } from './graphile_runner.ts';
import { postSigned } from './post.ts';

const [connectionString = '', receiver = '', concurrency = '', log] = process.argv.slice(2);
await runGraphile(connectionString, Number(concurrency), async (payload, { job, withPgClient }) => {
  const { n, body } = payload as { n: number; body: string };
  const startedAt = performance.now();
  await postSigned(`${receiver}/${n % 100}`, `msg_${n}`, body);
  if (log === undefined) return;
  const responseMs = Math.round(performance.now() - startedAt);
  const attempt = { jobId: Number(job.id), webhookId: n % 100, attempt: job.attempts, responseMs };
  await withPgClient((client) => insertAttempts(client, [attempt]));
});
console.log('ready');
