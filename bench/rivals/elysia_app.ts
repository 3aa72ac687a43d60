// A bare Elysia app that answers every path with the same bytes. Prints its address.
// Usage: bun bench/rivals/elysia_app.ts FILE_WITH_THE_BYTES.
import { Elysia } from 'elysia';

const bytes = await Bun.file(process.argv[2] ?? '').bytes();
const headers = { 'content-type': 'application/json' };
const app = new Elysia()
  .get('/*', () => new Response(bytes, { headers }))
  .listen({ port: 0, hostname: '127.0.0.1', reusePort: false });
console.log(app.server?.url.origin);
