// Puts load on a server and says how fast it answered, and what an answer cost it.
import type { Contender, Sample } from '../measure.ts';
import { type Runner, startRunner } from './runner.ts';
import { cpuSecondsOf } from './cpu.ts';
import type { LoadOrder } from './loader_main.ts';
import type { Server } from './servers.ts';

export type Loader = Runner<LoadOrder>;

/** What is asked of a server: `paths` in turn, `connections` at a time. */
export type Asking = Pick<LoadOrder, 'paths' | 'connections'> &
  Partial<LoadOrder> & {
    /** Callers have the answer already and get 304. */
    isKnown?: boolean;
  };

export const startLoader = (): Promise<Loader> => startRunner<LoadOrder>('http/loader_main.ts');

/** How long a run is, by the size of the bench. */
export type Spell = { ms: number; warmMs: number };

/** `cpu_us`: CPU time of the server's processes per answer, in microseconds. */
export function asking(loader: Loader, name: string, server: Server, spell: Spell, asked: Asking): Contender {
  const { isKnown = false, ...what } = asked;
  const headers = { ...server.headers, ...what.headers };
  const order: LoadOrder = { url: server.url, status: isKnown ? 304 : 200, ...spell, ...what, headers };
  return {
    name,
    async run(): Promise<Sample> {
      if (isKnown) headers['if-none-match'] = (await answerOf(server, order.paths[0] as string)).etag;
      const before = cpuSecondsOf(server.pid);
      const load = await loader.run(order);
      const cpu_us = ((cpuSecondsOf(server.pid) - before) * 1e6) / load.answered;
      return sampleOf(load, cpu_us);
    },
  };
}

/** As `asking`, for a rival that does the work in a loop of its own. */
export function looping<Order>(name: string, runner: Runner<Order>, order: Order): Contender {
  return {
    name,
    async run(): Promise<Sample> {
      const before = cpuSecondsOf(runner.pid);
      const load = await runner.run(order);
      return sampleOf(load, ((cpuSecondsOf(runner.pid) - before) * 1e6) / load.answered);
    },
  };
}

function sampleOf({ answered: _, ...load }: Awaited<ReturnType<Loader['run']>>, cpu_us: number): Sample {
  return { ...load, cpu_us };
}

/** What a server answers to one request; throws unless it is 200. */
export async function answerOf(server: Server, path: string): Promise<{ bytes: Uint8Array; etag: string }> {
  const response = await fetch(server.url + path, { headers: server.headers });
  if (response.status !== 200) throw new Error(`${server.name} answered ${response.status} to ${path}.`);
  return { bytes: await response.bytes(), etag: response.headers.get('etag') ?? '' };
}
