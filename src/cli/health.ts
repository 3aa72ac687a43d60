// `tocsin health`: asks the server of this machine whether it can work, for probes that have no other program at hand.
import { type Config, readConfig } from '../config.ts';

const ANSWER_MS_MAX = 5_000;

/** Prints the answer of this address, by default the server's own /health/ready, and resolves with 0 when it is a 200. */
export async function runHealth(address?: string): Promise<number> {
  const url = address ?? `http://${ownHost(readConfig())}/health/ready`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS_MAX), redirect: 'manual' });
    console.log(await answer.text());
    return answer.status === 200 ? 0 : 1;
  } catch (error) {
    console.error(`${url} does not answer: ${(error as Error).message}`);
    return 1;
  }
}

/** Where a server with these settings can be asked on its own machine. */
function ownHost({ apiHost, apiPort }: Config): string {
  const host = apiHost.replace(/^\[|\]$/g, '');
  const reached = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `${reached.includes(':') ? `[${reached}]` : reached}:${apiPort}`;
}
