// `tocsin demo-receiver`: prints the webhooks that it gets, and whether their signatures are right.
import { DEMO_PORT, DEMO_SECRET, startDemoReceiver } from '../delivery/demo_receiver.ts';
import { createLog } from '../log.ts';
import { createShutdown } from '../shutdown.ts';
import type { Line } from './command.ts';

/** Listens until a signal comes. `--port` and `--secret` (repeatable) replace those of the README's example. */
export function runDemoReceiver(line: Line): void {
  const port = line.count('port') ?? DEMO_PORT;
  const secrets = line.has('secret') ? line.list('secret') : [DEMO_SECRET];
  const shutdown = createShutdown({ log: createLog({ level: 'warn' }) });
  const receiver = startDemoReceiver({ port, secrets, log: console.log });
  shutdown.add('receiver', () => receiver.stop());
  console.log(`Listening on ${receiver.url}; Ctrl-C stops.`);
}
