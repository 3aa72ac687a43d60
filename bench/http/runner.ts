// Programs that run something on order and say how fast it was: each in a process of its own, ordered about over HTTP.
import { type Child, startScript } from '../children.ts';
import type { Load } from './timings.ts';

/** Such a program, started. */
export type Runner<Order> = Child & { run(order: Order): Promise<Load> };

/** Starts one by its path from `bench/`. */
export async function startRunner<Order>(script: string, args: string[] = []): Promise<Runner<Order>> {
  const child = await startScript(script, args);
  return {
    ...child,
    async run(order) {
      const response = await fetch(child.readyLine, { method: 'POST', body: JSON.stringify(order) });
      if (!response.ok) throw new Error(`${script}: ${await response.text()}`);
      return (await response.json()) as Load;
    },
  };
}

/** The program's side: serves its orders, one at a time, and prints its address. */
export function serveRuns<Order>(run: (order: Order) => Promise<Load>): void {
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    reusePort: false,
    idleTimeout: 255,
    async fetch(request) {
      try {
        return Response.json(await run((await request.json()) as Order));
      } catch (error) {
        return new Response((error as Error).stack, { status: 500 });
      }
    },
  });
  console.log(server.url.origin);
}
