// Writes numbered lines to a log file, as one of several programs that share it: path, name, count.
import { appendTo, createLog } from '../../src/log.ts';

const [, , path = '', writer = '', count = '0'] = process.argv;
const log = createLog({ write: appendTo(path) }).child({ writer });
for (let i = 0; i < Number(count); i++) {
  log.info('line', { i, padding: 'x'.repeat(i % 3000) });
  // Lets what waits go out in several writes, as it would over time.
  if (i % 20 === 0) await log.flush();
}
await log.flush();
