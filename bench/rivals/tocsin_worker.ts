// Tocsin's own worker in a process of its own.
// Usage: bun bench/rivals/tocsin_worker.ts DATABASE CONCURRENCY.
import { startWorker } from '../../src/delivery/worker.ts';
import { createLog } from '../../src/log.ts';
import { makeAddressPolicy } from '../../src/store/address_rules.ts';
import { makeApi } from '../../src/store/api.ts';
import { openSql } from '../../src/store/sql.ts';

const [databaseUrl = '', concurrency = ''] = process.argv.slice(2);
const sql = openSql(databaseUrl, { max: 6 });
const { workers } = makeApi(sql);
const worker = await startWorker({
  databaseUrl,
  calls: workers,
  // The secrets of the benches are not sealed.
  open: (sealed) => sealed,
  policy: makeAddressPolicy({ allowLoopback: true, allowedNetworks: [] }),
  concurrency: Number(concurrency),
  retentionDays: 30,
  log: createLog({ level: 'warn', write: (line) => void process.stderr.write(line) }),
});
process.on('SIGTERM', async () => {
  await worker.stop();
  await sql.end({ timeout: 1 });
  process.exit(0);
});
console.log('ready');
