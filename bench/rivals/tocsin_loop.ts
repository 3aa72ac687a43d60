// Tocsin's worker with nothing to send: its loop claims, hands out, gathers and records as ever, and every delivery succeeds at once.
// Usage: bun bench/rivals/tocsin_loop.ts DATABASE CONCURRENCY. Its first line of output comes with the first delivery.
import { type Pump, startPump } from '../../src/delivery/pump.ts';
import { repeat } from '../../src/delivery/repeat.ts';
import { createLog } from '../../src/log.ts';
import { openAlarm } from '../../src/store/alarm.ts';
import { openWorkerCalls } from '../../src/store/worker_calls.ts';
import { delivered } from './delivered.ts';
import { sayFirst } from './first.ts';

const [databaseUrl = '', concurrency = ''] = process.argv.slice(2);
const pool = openWorkerCalls(databaseUrl, { max: 4 });
const workers = pool.calls;
const log = createLog({ level: 'warn', write: (line) => void process.stderr.write(line) });
const me = { p_host: 'bench', p_pid: process.pid };
const { worker_id } = await workers.beat_worker({ p_worker_id: null, ...me });
let pump: Pump | undefined;
const alarm = await openAlarm(databaseUrl, () => pump?.wake());
pump = startPump({
  calls: workers,
  workerId: worker_id,
  concurrency: Number(concurrency),
  prepare: async () => undefined,
  deliver: async () => {
    sayFirst();
    return delivered;
  },
  buckets: () => null,
  alarm,
  pollMs: 250,
  log,
});
repeat('beat_worker', 5000, log, async () => {
  await workers.beat_worker({ p_worker_id: worker_id, ...me });
});
repeat('run_maintenance', 1000, log, async () => {
  await workers.run_maintenance();
});
process.on('SIGTERM', async () => {
  await pump?.stop(5000);
  await workers.remove_worker({ p_worker_id: worker_id });
  process.exit(0);
});
