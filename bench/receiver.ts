// Starts the receiver of the benches and asks it what has come.
import { startScript } from './children.ts';

/** What has come since the last reset. */
export type Received = {
  total: number;
  unique: number;
  /** Requests whose signature was wrong; 0 when none are verified. */
  unverified: number;
  /** From the first request to the last. */
  seconds: number;
  /** Of those whose alert carries the time when it was raised, in the order in which they came. */
  latenciesMs: number[];
};

export type Receiver = {
  url: string;
  reset(): Promise<void>;
  /** Resolves when that many different deliveries have come. @throws Error after `timeoutMs` */
  waitFor(count: number, timeoutMs?: number): Promise<Received>;
  /** The latencies since the last such call, and forgets them. */
  takeLatencies(): Promise<number[]>;
  stop(): Promise<void>;
};

/** Starts it on a free port; with a secret, it verifies every signature with the `standardwebhooks` package. */
export async function startReceiver(secret?: string): Promise<Receiver> {
  const child = await startScript('receiver_main.ts', secret === undefined ? [] : ['--secret', secret]);
  const url = child.readyLine;
  return {
    url,
    reset: async () => void (await fetch(`${url}/reset`)),
    async waitFor(count, timeoutMs = 120_000) {
      const query = `count=${count}&timeout_ms=${timeoutMs}`;
      const received = (await (await fetch(`${url}/wait?${query}`)).json()) as Received;
      if (received.unique < count) throw new Error(`${received.unique} of ${count} came within ${timeoutMs} ms.`);
      return received;
    },
    takeLatencies: async () => (await (await fetch(`${url}/latencies`)).json()) as number[],
    stop: () => child.stop(),
  };
}
