// Measures how soon 2,000 watchers of one process are told, and what memory each of them takes.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeApi } from '../../src/store/api.ts';
import { type Child, startProgram } from '../children.ts';
import { figure } from '../measure.ts';
import type { BenchDatabase } from '../place.ts';
import type { Bench, Report, Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'sockets',
  title: 'Milliseconds until every watcher of the live socket is told, and memory for each, in one process.',
  run,
};

const PER_SECOND = 50;
const WAIT_MS_MAX = 60_000;
const script = (name: string) => new URL(`../../${name}`, import.meta.url).pathname;

/** As many open files as the system allows, for the process and no longer. */
const roomy = (command: string[]) => ['sh', '-c', 'ulimit -n "$(ulimit -Hn)"; exec "$0" "$@"', ...command];

async function run(bench: Bench): Promise<Report> {
  const database = await bench.place.makeDatabase();
  const server = await startServer(database);
  try {
    const url = server.readyLine.match(/"url":"([^"]+)"/)?.[1] ?? '';
    const path = `${url.replace('http', 'ws')}/api/v1/ws/dashboard`;
    // The first sockets load what all need: they are no measure of one more.
    const first = await watch(path, bench.pick(200, 100, 5));
    const before = await memoryOf(server);
    const sockets = bench.pick(2_000, 1_000, 20);
    const rest = await Promise.all([watch(path, sockets / 2), watch(path, sockets / 2)]);
    const bytes = ((await memoryOf(server)) - before) / sockets;
    await first.stop();
    bench.say(`  ${sockets} sockets, ${figure(bytes / 1024)} KiB each`);
    try {
      const cpuBefore = cpuMsOf(server);
      const told = await tell(bench, database, rest, sockets);
      const cpuMs = cpuMsOf(server) - cpuBefore;
      return reportOf(sockets, bytes, cpuMs, told);
    } finally {
      await Promise.all(rest.map((watchers) => watchers.stop()));
    }
  } finally {
    await server.stop();
    await database.drop();
  }
}

function startServer({ url }: BenchDatabase): Promise<Child> {
  const env = { DATABASE_URL: url, ENVIRONMENT: 'development', API_WORKERS: '1', API_PORT: '0', API_LOG_LEVEL: 'INFO' };
  return startProgram(roomy([process.execPath, script('src/cli.ts'), 'serve']), env, /"url":"|url=/);
}

/** Watchers in a process of their own, when all are connected and subscribed. */
function watch(path: string, count: number): Promise<Child> {
  return startProgram(roomy([process.execPath, script('bench/sockets_main.ts'), path, String(count)]));
}

/** Resident bytes of a process, when they have stopped growing; elsewhere than on Linux nobody tells. */
async function memoryOf({ pid }: Child): Promise<number> {
  await sleep(500);
  try {
    const [, pages = 0] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ').map(Number);
    return pages * 4096;
  } catch {
    return 0;
  }
}

/** CPU time of a process so far, to 10 ms; elsewhere than on Linux nobody tells. */
function cpuMsOf({ pid }: Child): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return 0;
  }
}

/** Counts of latencies by tenths of a millisecond. */
type Slots = [slot: number, count: number][];
type Told = { total: number; fan_out: Slots; whole: Slots };

/** Raises at an even pace, whatever the answers do. */
async function tell(bench: Bench, { sql }: BenchDatabase, watchers: Child[], sockets: number): Promise<Told[]> {
  const { alerts } = makeApi(sql);
  const ask = (path: string) => Promise.all(watchers.map(({ readyLine }) => fetch(readyLine + path)));
  await ask('/reset');
  const total = Math.round(PER_SECOND * bench.pick(20, 3, 0.4));
  const startedAt = performance.now();
  const raised: Promise<number>[] = [];
  while (raised.length < total) {
    const due = Math.min(total, Math.ceil(((performance.now() - startedAt) / 1000) * PER_SECOND));
    while (raised.length < due) {
      raised.push(alerts.raise_alert({ p_message: String(performance.timeOrigin + performance.now()) }));
    }
    await sleep(2);
  }
  await Promise.all(raised);
  const each = (total * sockets) / watchers.length;
  const answers = await ask(`/wait?count=${each}&timeout_ms=${WAIT_MS_MAX}`);
  const told = (await Promise.all(answers.map((answer) => answer.json()))) as Told[];
  const came = told.reduce((sum, { total }) => sum + total, 0);
  if (came !== total * sockets) throw new Error(`${came} of ${total * sockets} messages came.`);
  return told;
}

/** p50, p95, p99 and the largest, in milliseconds. */
function cellsOf(slots: Slots): number[] {
  const sorted = slots.toSorted(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  return [0.5, 0.95, 0.99, 1].map((share) => {
    let left = Math.ceil(total * share);
    for (const [slot, count] of sorted) {
      left -= count;
      if (left <= 0) return slot / 10;
    }
    return Number.NaN;
  });
}

function reportOf(sockets: number, bytes: number, cpuMs: number, told: Told[]): Report {
  const fan_out_ms = cellsOf(told.flatMap(({ fan_out }) => fan_out));
  const whole_ms = cellsOf(told.flatMap(({ whole }) => whole));
  const cpuUs = (1_000 * cpuMs) / told.reduce((sum, { total }) => sum + total, 0);
  const rows = [
    ['from being read to being received', fan_out_ms],
    ['from the call of raise_alert to being received', whole_ms],
  ].map(([name, cells]) => [name as string, ...(cells as number[]).map(figure)]);
  return {
    tables: [
      {
        title: `Milliseconds, ${sockets.toLocaleString('en')} sockets, ${PER_SECOND} alerts a second, each to all`,
        head: ['', 'p50', 'p95', 'p99', 'max'],
        rows,
      },
      {
        title: 'What a socket costs the server',
        head: ['', 'KiB of memory', 'µs of CPU per message'],
        rows: [[`${sockets.toLocaleString('en')} sockets, subscribed`, figure(bytes / 1024), figure(cpuUs)]],
      },
    ],
    figures: {
      p99_ms_fan_out: fan_out_ms[2] as number,
      p99_ms_whole: whole_ms[2] as number,
      kib_per_socket: bytes / 1024,
      cpu_us_per_message: cpuUs,
    },
    notes: [
      'One process serves all sockets; the watchers share two others, on the same machine. The feed reads what is new every ' +
        '200 ms, so an alert waits 100 ms on average before it is read. Memory is that of the whole process, with the ' +
        'sockets less without them.',
    ],
  };
}
