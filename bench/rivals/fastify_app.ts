// Fastify with pg: the same reads and writes over the same SQL functions, without cache, credentials or limits.
// Bundled for Node by servers.ts; it prints its address. Usage: node fastify_app.js DATABASE.
import fastify from 'fastify';
import pg from 'pg';

const [databaseUrl = ''] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
const app = fastify();

type Raised = { alert_type: string; message: string; context: unknown };

app.get('/api/v1/webhooks', async () => {
  const { rows } = await pool.query({
    name: 'list',
    text: 'select * from tocsin.list_webhooks(p_tenant_id => $1, p_limit => 21)',
    values: [1],
  });
  const items = rows.slice(0, 20);
  return { items, total: items.length, page: 1, page_size: 20, pages: 1, next_cursor: null };
});
app.get<{ Params: { id: string } }>('/api/v1/webhooks/:id', async (request, reply) => {
  const values = [1, request.params.id];
  const { rows } = await pool.query({ name: 'get', text: 'select * from tocsin.get_webhook($1, $2)', values });
  return rows[0] ?? reply.code(404).send();
});
app.post<{ Body: Raised }>('/api/v1/alerts', async ({ body }, reply) => {
  const { rows } = await pool.query({
    name: 'raise',
    text: 'select tocsin.raise_alert(p_alert_type => $1, p_message => $2, p_context => $3) as id',
    values: [body.alert_type, body.message, JSON.stringify(body.context)],
  });
  return reply.code(201).send({ id: Number(rows[0].id), ...body });
});
console.log(await app.listen({ port: 0, host: '127.0.0.1' }));
