// Checks of `tocsin doctor` about the PostgreSQL server: its version, its settings, its clock, and what holds it back.
import type { Config } from '../config.ts';
import {
  readClockSkew,
  readServerFacts,
  readSettings,
  type ServerFacts,
  type Settings,
} from '../store/server_facts.ts';
import type { Sql } from '../store/sql.ts';
import { type Finding, failure, ok, sizeOf, warning } from './checkup.ts';

/** Of each process at most: the worker's own four, its alarm, the self-watch, and what listens for the cache and for the live feed. */
const CONNECTIONS_BESIDE_POOL = 8;
const OLD_SECONDS = 600;
const SLOT_BYTES_MAX = 1024 ** 3;
const SKEW_MS_WARNING = 1_000;
/** Tokens and signatures are judged by the clock; beyond this they fail. */
const SKEW_MS_FAILURE = 30_000;
const DAY_MS = 86_400_000;
const EPOCH_MS = 1_735_689_600_000;

export async function checkServer(sql: Sql, config: Config): Promise<Finding[]> {
  const facts = await readServerFacts(sql);
  return judgeServer(facts, await readSettings(sql), await readClockSkew(sql), config);
}

/** The same of what was read before. */
export function judgeServer(
  facts: ServerFacts,
  settings: Settings,
  clock: { skewMs: number; roundTripMs: number },
  config: Pick<Config, 'dbPoolMax' | 'apiWorkers'>,
): Finding[] {
  return [
    checkVersion(facts),
    ...checkSettings(settings),
    checkConnections(facts, config),
    checkClock(clock),
    checkSnapshots(facts),
    checkSlots(facts),
    ...checkPartitions(facts),
  ];
}

function checkVersion({ version_number, is_standby, size_bytes }: ServerFacts): Finding {
  const major = Math.floor(version_number / 10_000);
  const detail = `PostgreSQL ${major}.${version_number % 10_000}, database of ${sizeOf(size_bytes)}`;
  if (major < 15) return failure('PostgreSQL', `${detail} is too old.`, 'Upgrade it to 15 or newer.');
  if (is_standby)
    return failure('PostgreSQL', `${detail} is a standby, which takes no writes.`, 'Name the primary in DATABASE_URL.');
  if (major > 18) return warning('PostgreSQL', `${detail} is newer than this Tocsin was tried with.`, 'Try it first.');
  return ok('PostgreSQL', detail);
}

type Rule = {
  name: string;
  isWrong(value: string, units: number): boolean;
  status: 'failure' | 'warning';
  should: string;
  why: string;
};

const isOff = (value: string) => value === 'off';
/** docs/DEPLOYMENT.md tells of the same settings. Sizes are compared in MB, times in seconds. */
const rules: readonly Rule[] = [
  { name: 'fsync', isWrong: isOff, status: 'failure', should: 'on', why: 'a crash of the machine ruins the database' },
  {
    name: 'full_page_writes',
    isWrong: isOff,
    status: 'failure',
    should: 'on',
    why: 'a crash of the machine ruins the database',
  },
  {
    name: 'synchronous_commit',
    isWrong: isOff,
    status: 'warning',
    should: 'on',
    why: 'a crash may lose the last alerts',
  },
  { name: 'autovacuum', isWrong: isOff, status: 'failure', should: 'on', why: 'the queue grows and slows down' },
  {
    name: 'autovacuum_naptime',
    isWrong: (_, s) => s > 60,
    status: 'warning',
    should: '10s',
    why: 'the queue is cleaned too rarely',
  },
  {
    name: 'shared_buffers',
    isWrong: (_, mb) => mb < 128,
    status: 'warning',
    should: 'a quarter of the memory',
    why: 'it reads from disk too often',
  },
  {
    name: 'max_wal_size',
    isWrong: (_, mb) => mb < 1024,
    status: 'warning',
    should: '8GB',
    why: 'checkpoints come too often under load',
  },
  {
    name: 'checkpoint_timeout',
    isWrong: (_, s) => s < 300,
    status: 'warning',
    should: '15min',
    why: 'checkpoints come too often',
  },
  {
    name: 'idle_in_transaction_session_timeout',
    isWrong: (_, s) => s === 0,
    status: 'warning',
    should: '30s',
    why: 'a forgotten transaction keeps dead rows in the queue',
  },
];

function checkSettings(settings: Settings): Finding[] {
  const wrong = rules.flatMap(({ name, isWrong, status, should, why }): Finding[] => {
    const setting = settings[name];
    if (setting === undefined || !isWrong(setting.value, inUnits(setting))) return [];
    const detail = `${name} = ${setting.value}${setting.unit ?? ''}: ${why}.`;
    return [
      { check: 'settings', status, detail, advice: `alter system set ${name} = '${should}', then reload or restart.` },
    ];
  });
  if (settings.shared_buffers !== undefined)
    for (const finding of wrong)
      if (/shared_buffers/.test(finding.detail)) finding.advice = 'Set it to a quarter of the memory.';
  return wrong.length > 0 ? wrong : [ok('settings', `the ${rules.length} that matter are sound`)];
}

/** Memory in MB, time in seconds. */
function inUnits({ value, unit }: Settings[string]): number {
  const factors: Record<string, number> = {
    B: 1 / 1024 ** 2,
    kB: 1 / 1024,
    '8kB': 8 / 1024,
    MB: 1,
    ms: 1 / 1000,
    s: 1,
    min: 60,
  };
  return Number(value) * (factors[unit ?? ''] ?? 1);
}

function checkConnections(
  { connections_max, connections_reserved }: ServerFacts,
  { dbPoolMax, apiWorkers }: Pick<Config, 'dbPoolMax' | 'apiWorkers'>,
): Finding {
  const needed = dbPoolMax + CONNECTIONS_BESIDE_POOL * apiWorkers;
  const usable = connections_max - connections_reserved;
  const detail = `up to ${needed} of the server's ${usable} are used by one tocsin serve`;
  if (needed > usable)
    return failure('connections', detail, 'Lower DB_POOL_MAX or API_WORKERS, or raise max_connections.');
  return ok('connections', detail);
}

function checkClock({ skewMs, roundTripMs }: { skewMs: number; roundTripMs: number }): Finding {
  const off = Math.max(0, Math.abs(skewMs) - roundTripMs);
  const detail = `the database's is ${Math.abs(skewMs)} ms ${skewMs < 0 ? 'behind' : 'ahead of'} ours, asked within ${roundTripMs} ms`;
  const advice = 'Keep the clocks of both machines right, by NTP (chrony, systemd-timesyncd).';
  if (off >= SKEW_MS_FAILURE) return failure('clock', detail, advice);
  return off >= SKEW_MS_WARNING ? warning('clock', detail, advice) : ok('clock', detail);
}

function checkSnapshots(facts: ServerFacts): Finding {
  const { oldest_transaction_seconds, oldest_prepared_seconds, hidden_transactions } = facts;
  const seconds = Math.round(Math.max(oldest_transaction_seconds ?? 0, oldest_prepared_seconds ?? 0));
  if (seconds < OLD_SECONDS && hidden_transactions > 0) {
    const detail = `${hidden_transactions} transactions of other users cannot be seen: they may be old.`;
    return warning('old snapshots', detail, 'grant pg_monitor to the user of DATABASE_URL, or ask as a superuser.');
  }
  if (seconds < OLD_SECONDS) return ok('old snapshots', `the oldest transaction is ${seconds} s old`);
  const prepared = (oldest_prepared_seconds ?? 0) >= OLD_SECONDS;
  const advice = prepared
    ? 'pg_prepared_xacts lists them: commit prepared or rollback prepared ends one.'
    : 'pg_stat_activity shows whose it is, by xact_start; pg_terminate_backend(pid) ends it.';
  return warning('old snapshots', `A transaction is ${seconds} s old and keeps dead rows in the queue.`, advice);
}

function checkSlots({ idle_slots, slot_bytes_max }: ServerFacts): Finding {
  if (idle_slots === 0) return ok('replication slots', 'none that nobody reads');
  const kept = slot_bytes_max ?? 0;
  const detail = `${idle_slots} that nobody reads, keeping up to ${sizeOf(Math.max(0, kept))}.`;
  const advice =
    "Start its reader, or drop it: pg_replication_slots has its name, pg_drop_replication_slot('name') drops it.";
  return { check: 'replication slots', status: kept > SLOT_BYTES_MAX ? 'failure' : 'warning', detail, advice };
}

function checkPartitions({ partition_end_id }: ServerFacts): Finding[] {
  if (partition_end_id === null) return [];
  // An id holds 1/1024 seconds since 2025 above 13 bits (tocsin_internal.id_time).
  const endMs = (Math.floor(partition_end_id / 8192) * 1000) / 1024 + EPOCH_MS;
  const days = Math.floor((endMs - Date.now()) / DAY_MS);
  const detail = `made for ${days} days ahead`;
  const advice = 'A running worker makes them every hour: start one, and see its log for maintain_partitions.';
  if (days < 0) return [failure('partitions', 'None for today: each raise makes them itself, slowly.', advice)];
  return [days < 3 ? warning('partitions', `${detail} only`, advice) : ok('partitions', detail)];
}
