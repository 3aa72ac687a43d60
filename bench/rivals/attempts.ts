// The log of attempts that rivals keep in `end_to_end` where they do the whole job: a row for each, in PostgreSQL.
import type pg from 'pg';

export type Attempt = { jobId: number; webhookId: number; attempt: number; responseMs: number };

/** What makes the table; each round of a bench numbers its jobs alike, so that no key forbids a second row. */
export const attemptsTable = `create table if not exists bench_log (
  job_id bigint not null, webhook_id integer not null, attempt smallint not null, status_code smallint not null,
  response_ms integer not null, attempted_at timestamptz not null default now());
  create index if not exists bench_log_job_id_idx on bench_log (job_id, attempt)`;

/** Appends attempts that were answered with 204, in one statement. */
export async function insertAttempts(client: Pick<pg.Pool, 'query'>, attempts: readonly Attempt[]): Promise<void> {
  await client.query({
    name: 'log',
    text: `insert into bench_log (job_id, webhook_id, attempt, status_code, response_ms)
      select job_id, webhook_id, attempt, 204, response_ms
        from unnest($1::bigint[], $2::integer[], $3::smallint[], $4::integer[]) as a(job_id, webhook_id, attempt, response_ms)`,
    values: [
      attempts.map((a) => a.jobId),
      attempts.map((a) => a.webhookId),
      attempts.map((a) => a.attempt),
      attempts.map((a) => a.responseMs),
    ],
  });
}
