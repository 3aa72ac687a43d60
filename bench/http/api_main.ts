// Tocsin's API without its worker, for benches of writes: what an alert costs to raise, not to deliver.
import { runServer } from '../../src/cli/server.ts';

await runServer({ hasWorker: false });
