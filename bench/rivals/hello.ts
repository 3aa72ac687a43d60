// The bare floor of everything: Bun.serve that answers a few bytes. Prints its address.
const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  reusePort: false,
  fetch: () => new Response('{"hello":"world"}', { headers: { 'content-type': 'application/json' } }),
});
console.log(server.url.origin);
