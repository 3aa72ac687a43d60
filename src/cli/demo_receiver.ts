// `tocsin demo-receiver`: prints the webhooks that it gets, and whether their signatures are right.
import { parseArgs } from 'node:util';
import { DEMO_PORT, DEMO_SECRET, startDemoReceiver } from '../delivery/demo_receiver.ts';
import { createLog } from '../log.ts';
import { createShutdown } from '../shutdown.ts';

/** Listens until a signal comes. `--port` and `--secret` (repeatable) replace those of the README's example. */
export function runDemoReceiver(args: string[]): void {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: String(DEMO_PORT) },
      secret: { type: 'string', multiple: true, default: [DEMO_SECRET] },
    },
  });
  const shutdown = createShutdown({ log: createLog({ level: 'warn' }) });
  const receiver = startDemoReceiver({ port: Number(values.port), secrets: values.secret, log: console.log });
  shutdown.add('receiver', () => receiver.stop());
  console.log(`Listening on ${receiver.url}; Ctrl-C stops.`);
}
