// What the queues that `queue_only` compares have in common.
import type { ServerUse } from '../fixtures.ts';
import type { Sample } from '../measure.ts';

/** How a queue is drained. */
export type DrainOptions = { deliveries: number; batch: number; claimers: number };

/** One way to keep a queue in PostgreSQL, in a database where it may make what it needs. */
export type QueueShape = {
  name: string;
  /** Once per database. */
  install(): Promise<void>;
  /** Queues so many; what was queued before is gone. */
  fill(options: DrainOptions): Promise<void>;
  /** Claims and records everything; rejects when it did not get exactly what was queued. */
  drain(options: DrainOptions): Promise<Sample>;
};

/** Throws when a queue lost or invented something: its speed would mean nothing. */
export function expectAll(name: string, done: number, expected: number): void {
  if (done !== expected) throw new Error(`${name} recorded ${done} of ${expected}.`);
}

/** The figures of one drain; throws unless it did everything. */
export function sampleOf(name: string, use: ServerUse, done: number, { deliveries }: DrainOptions): Sample {
  expectAll(name, done, deliveries);
  return { per_second: done / use.seconds, wal_bytes: use.walBytes / done, cpu_us: (use.cpuSeconds * 1e6) / done };
}
