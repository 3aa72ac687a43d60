// Tocsin's own worker in a process of its own.
// Usage: bun bench/rivals/tocsin_worker.ts DATABASE CONCURRENCY.
import { startWorker } from '../../src/delivery/worker.ts';
import { createLog } from '../../src/log.ts';
import { makeAddressPolicy } from '../../src/store/address_rules.ts';
import { openWorkerCalls } from '../../src/store/worker_calls.ts';

const [databaseUrl = '', concurrency = ''] = process.argv.slice(2);
const pool = openWorkerCalls(databaseUrl, { max: 4 });
const worker = await startWorker({
  databaseUrl,
  calls: pool.calls,
  // The secrets of the benches are not sealed.
  open: (sealed) => sealed,
  policy: makeAddressPolicy({ allowLoopback: true, allowedNetworks: [] }),
  concurrency: Number(concurrency),
  retentionDays: 30,
  log: createLog({ level: 'warn', write: (line) => void process.stderr.write(line) }),
});
process.on('SIGTERM', async () => {
  await worker.stop();
  await pool.end();
  process.exit(0);
});
console.log('ready');
