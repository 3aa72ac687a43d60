// All that the random faults break: PostgreSQL, the lines to it, Redis, two workers and a server, a receiver; and how to mend it.
import { expect, setDefaultTimeout } from 'bun:test';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbedded } from '../../src/store/embedded.ts';
import { migrate } from '../../src/store/migrate.ts';
import { openSql, type Sql } from '../../src/store/sql.ts';
import { type BrokenLine, startBrokenLine } from './broken_line.ts';
import { type Child, startCli } from './children.ts';
import { isRunning, type Rig, startRig } from './fault_rig.ts';
import { ENCRYPTION_KEY } from './flow.ts';
import { hasRedis, startRedis, type TestRedis } from './redis.ts';
import { mountLogDisk, type SmallDisk } from './small_disk.ts';
import { until } from './wait.ts';

/** One of the programs under test. */
export type Member = {
  name: string;
  /** Its own way to the database. */
  line: BrokenLine;
  child: Child;
  workerId: number;
  /** Starts it again after it was killed. */
  restart(): Promise<void>;
  shiftClock(ms: number): void;
};

export type World = {
  sql: Sql;
  rig: Rig;
  members: Member[];
  redis: TestRedis | undefined;
  disk: SmallDisk | undefined;
  /** Deliveries in flight of one member at most. */
  concurrency: number;
  postgres: {
    /** As a crash: no session is asked to finish, nothing is flushed. Resolves when it is back on its port. */
    crash(): Promise<void>;
    signalAll(signal: 'SIGSTOP' | 'SIGCONT'): void;
  };
  /** The address of the HTTP API. */
  apiUrl(): string;
  stop(): Promise<void>;
};

const CONCURRENCY = 32;
const ready = /"worker started"[^\n]*"worker_id":(\d+)/;
const readyToServe = /"serving"[^\n]*"url":"([^"]+)"/;

/** Starts everything, with so many webhooks, of which `ordered` get their deliveries one at a time. */
export async function startWorld(options: { webhooks: number; ordered: number }): Promise<World> {
  const home = mkdtempSync(join(tmpdir(), 'tocsin-world-'));
  // With fsync: what the server acknowledged must survive its crash.
  const settings = { shared_buffers: '64MB', max_connections: 100 };
  const start = () => startEmbedded({ directory: join(home, 'postgres'), settings });
  const servers: EmbeddedPostgres[] = [await start()];
  const [{ url }] = servers as [EmbeddedPostgres];
  const sql = openSql(url, { max: 6, applicationName: 'test' });
  await migrate(sql);
  await sql`select tocsin.maintain_partitions()`;
  const disk = await mountLogDisk(sql, home);
  // Also when a test run ends before all has started.
  process.once('exit', () => disk?.unmount());
  const redis = hasRedis ? await startRedis() : undefined;
  const rig = await startRig({ url, sql }, { ...options, delayMs: 5 });
  setDefaultTimeout(3_600_000);
  await sql`update tocsin_data.webhooks set timeout_seconds = 2, retry_policy = '{"max_retries": 100, "schedule": [0.5]}'`;
  const env = { DATABASE_URL: url, ...(redis && { REDIS_URL: redis.url }) };
  const members = await Promise.all(['work', 'work', 'serve'].map((command, i) => startMember(home, command, i, env)));
  return {
    sql,
    rig,
    members,
    redis,
    disk,
    concurrency: CONCURRENCY,
    postgres: {
      async crash() {
        const { pid } = servers.at(-1) as EmbeddedPostgres;
        process.kill(pid, 'SIGQUIT');
        await until(() => !isRunning(pid), { timeoutMs: 30_000 });
        servers.push(await start());
        await until(() => sql`select 1`);
      },
      signalAll(signal) {
        const { pid } = servers.at(-1) as EmbeddedPostgres;
        for (const each of [pid, ...childrenOf(pid)]) if (isRunning(each)) process.kill(each, signal);
      },
    },
    apiUrl: () => members.at(-1)?.child.output().match(readyToServe)?.[1] ?? '',
    async stop() {
      for (const { child, line } of members) {
        await child.stop('SIGKILL');
        line.stop();
      }
      await rig.stop();
      await sql.end({ timeout: 1 });
      for (const server of servers) await server.stop();
      disk?.unmount();
      rmSync(home, { recursive: true });
    },
  };
}

async function startMember(home: string, command: string, i: number, env: Record<string, string>): Promise<Member> {
  const address = new URL(env.DATABASE_URL as string);
  const line = await startBrokenLine(Number(address.port));
  address.port = String(line.port);
  const clockFile = join(home, `clock_${i}`);
  const launch = async () => {
    const child = await startCli([command], {
      ready: command === 'serve' ? readyToServe : ready,
      cwd: home,
      timeoutMs: 60_000,
      env: {
        ...env,
        DATABASE_URL: address.href,
        ENVIRONMENT: 'development',
        ENCRYPTION_KEY,
        API_PORT: '0',
        RATE_LIMIT: '1000000',
        WORKER_CONCURRENCY: String(CONCURRENCY),
        BUN_OPTIONS: `--preload=${join(import.meta.dir, 'shifted_clock.ts')}`,
        CLOCK_FILE: clockFile,
      },
    });
    return { child, workerId: Number(child.output().match(ready)?.[1]) };
  };
  const member: Member = {
    name: `${command} ${i}`,
    line,
    ...(await launch()),
    restart: async () => void Object.assign(member, await launch()),
    shiftClock(ms) {
      writeFileSync(clockFile, String(ms));
      process.kill(member.child.pid, 'SIGUSR2');
    },
  };
  expect(member.workerId).toBeGreaterThan(0);
  return member;
}

/** The processes that this one has started, and only those; none where there is no /proc. */
function childrenOf(pid: number): number[] {
  if (!existsSync('/proc')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
    .map(Number);
}

function parentOf(name: string): number | undefined {
  try {
    // The name of the program, in parentheses, may hold anything; the state and the parent follow it.
    return Number(readFileSync(`/proc/${name}/stat`, 'utf8').replace(/^.*\) \S+ (\d+) .*$/s, '$1'));
  } catch {
    return undefined;
  }
}
