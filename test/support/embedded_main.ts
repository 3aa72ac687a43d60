// A program that uses the embedded PostgreSQL of a directory until it is told to stop; for tests that kill it.
import { startEmbedded } from '../../src/store/embedded.ts';

const embedded = await startEmbedded({ directory: process.argv[2] ?? '', settings: { fsync: 'off' } });
process.on('SIGTERM', () => void embedded.stop().then(() => process.exit(0)));
setInterval(() => undefined, 60_000);
console.log(`ready ${JSON.stringify({ url: embedded.url, pid: embedded.pid, isStartedHere: embedded.isStartedHere })}`);
