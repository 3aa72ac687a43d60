// Gives a program its meters, and keeps those up to date that only a look now and then can tell.
import type { Config } from '../config.ts';
import type { LiveCounts } from '../http/deps.ts';
import { counters, gauges } from '../store/meter_specs.ts';
import { Meters } from '../store/meters.ts';
import { openSharedMemory } from '../store/shared_memory.ts';
import type { Program } from './program.ts';

/** A timer that fires late tells of an event loop that was busy. */
const TICK_MS = 100;
const TICKS_PER_LOOK = 10;

/** The meters of this process, next to those of the others of its server. */
export function openMeters({ epochsFile, seat }: Config): Meters {
  return new Meters(openSharedMemory(epochsFile), seat ?? 0);
}

/** Looks at this process every second, until the program stops. `live` counts its sockets, where it has some. */
export function watchProgram({ shutdown }: Pick<Program, 'shutdown'>, meters: Meters, live?: () => LiveCounts): void {
  meters.set(gauges.processes, 1);
  meters.set(gauges.startedAt, (Date.now() - performance.now()) / 1000);
  const cpu = meters.follow(counters.cpu);
  const opened = meters.follow(counters.socketsOpened);
  const [goodbye, dropped, lost] = [0, 1, 2].map((place) => meters.follow(counters.socketsClosed, place));
  const messages = meters.follow(counters.socketMessages);
  const look = () => {
    const { user, system } = process.cpuUsage();
    cpu((user + system) / 1e6);
    meters.set(gauges.rss, process.memoryUsage.rss());
    const counts = live?.();
    if (counts === undefined) return;
    meters.set(gauges.sockets, counts.connections);
    opened(counts.opened);
    goodbye?.(counts.closed - counts.dropped - counts.lost);
    dropped?.(counts.dropped);
    lost?.(counts.lost);
    messages(counts.messages);
  };
  let due = performance.now() + TICK_MS;
  let ticks = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    meters.observe(counters.lag, (now - due) / 1000);
    due = now + TICK_MS;
    if (++ticks % TICKS_PER_LOOK === 0) look();
  }, TICK_MS);
  look();
  shutdown.add('meters', () => {
    clearInterval(timer);
    look();
    meters.leave();
  });
}
