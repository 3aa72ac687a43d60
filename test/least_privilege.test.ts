// What the server's database role may do: everything that the server needs, and nothing else.
import { afterAll, describe, expect, test } from 'bun:test';
import { restrictUrl, SERVER_ROLE } from '../src/store/access.ts';
import { makeApi } from '../src/store/api.ts';
import { openSql } from '../src/store/sql.ts';
import { runCli, startCli } from './support/children.ts';
import { startFlow } from './support/flow.ts';
import { testHttp } from './support/http.ts';
import { startTestServer, testDatabase } from './support/postgres.ts';
import { until } from './support/wait.ts';

// Users belong to the whole server: their names are of this run only, and they go before their databases do.
const userOf = (what: string) => `t_${process.pid}_${what}`;
const users: string[] = [];
const admin = openSql((await startTestServer()).url, { max: 1 });
afterAll(async () => {
  for (const user of users) await admin`drop role if exists ${admin(user)}`;
  await admin.end({ timeout: 1 });
});

const flow = await startFlow();
const refused = () => {
  throw new Error('The role was refused.');
};
const serverUrl = await restrictUrl(flow.url, refused);
const server = openSql(serverUrl, { max: 5 });
afterAll(() => server.end({ timeout: 1 }));
const stateOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error) => error.code,
  );

/** A login without any rights of its own; the URL to connect with. */
async function makeUser(what: string, url: string, memberOf?: string): Promise<string> {
  const user = userOf(what);
  await admin.unsafe(`create role ${user} login password 'pw'${memberOf ? ` in role ${memberOf}` : ''}`);
  users.push(user);
  const address = new URL(url);
  address.username = user;
  address.password = 'pw';
  return address.href;
}

describe('the role of the server', () => {
  test('is what its sessions begin with', async () => {
    expect(await server`select current_user::text as name`).toMatchObject([{ name: SERVER_ROLE }]);
  });

  test('may call each function of schema tocsin but those that put our trigger on tables, and public may call none', async () => {
    const rows = await flow.sql<{ name: string; by_server: boolean; by_public: boolean }[]>`
      select p.proname as name, has_function_privilege(${SERVER_ROLE}, p.oid, 'execute') as by_server,
             exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee = 0) as by_public
        from pg_proc p where p.pronamespace = 'tocsin'::regnamespace order by 1`;
    expect(rows.length).toBeGreaterThan(40);
    expect(rows.filter((row) => row.by_public).map(({ name }) => name)).toEqual([]);
    const others = rows.filter((row) => !row.by_server).map(({ name }) => name);
    expect(others).toEqual(['raise_row_alert', 'unwatch_table', 'watch_table']);
  });

  test('reads every view', async () => {
    const views = await flow.sql<{ name: string }[]>`
      select relname as name from pg_class where relnamespace = 'tocsin'::regnamespace and relkind = 'v'`;
    expect(views.length).toBeGreaterThan(3);
    for (const { name } of views) await server`select * from tocsin.${server(name)}`;
  });

  test('can neither read nor change any table or sequence, nor call what is internal', async () => {
    const relations = await flow.sql<{ schema: string; name: string; kind: string }[]>`
      select n.nspname as schema, c.relname as name, c.relkind as kind from pg_class c
        join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'tocsin_data' and c.relkind in ('r', 'p', 'S')`;
    expect(relations.length).toBeGreaterThan(20);
    for (const { schema, name } of relations) {
      const relation = server(`${schema}.${name}`);
      expect({ name, state: await stateOf(server`select * from ${relation}`) }).toEqual({ name, state: '42501' });
    }
    expect(await stateOf(server`insert into tocsin_data.tenants (name) values ('x')`)).toBe('42501');
    expect(await stateOf(server`delete from tocsin_data.webhooks`)).toBe('42501');
    expect(await stateOf(server`select tocsin_internal.next_id()`)).toBe('42501');
    expect(await stateOf(server`create table tocsin.mine (a int)`)).toBe('42501');
    expect(await stateOf(server`create or replace function tocsin.mine() returns int language sql as 'select 1'`)).toBe(
      '42501',
    );
  });

  test('is enough for the whole API', async () => {
    const http = await testHttp({ sql: server });
    const [webhooks, alerts] = ['/api/v1/webhooks', '/api/v1/alerts'];
    const { json: webhook } = await http.post(webhooks, { name: 'w', url: 'https://example.com', secret: undefined });
    const { json: alert } = await http.post(alerts, { message: 'It happened.' });
    const { json: deliveries } = await http.get(`${alerts}/${alert.id}/deliveries`);
    const delivery = deliveries.items[0].id;
    const calls: [string, string, object?][] = [
      ['GET', webhooks],
      ['GET', `${webhooks}/${webhook.id}`],
      ['PATCH', `${webhooks}/${webhook.id}`, { name: 'v' }],
      ['POST', `${webhooks}/${webhook.id}/rotate-secret`, {}],
      ['POST', `${webhooks}/${webhook.id}/enable`],
      ['GET', `${webhooks}/${webhook.id}/deliveries`],
      ['POST', `${alerts}/batch`, [{ message: 'a' }, { message: 'b' }]],
      ['GET', alerts],
      ['GET', `${alerts}/${alert.id}`],
      ['GET', `${alerts}/${alert.id}/why`],
      ['POST', `${alerts}/${alert.id}/ack`],
      ['POST', `${alerts}/${alert.id}/resolve`],
      ['POST', `${alerts}/acknowledge`, { alert_ids: [alert.id] }],
      ['GET', '/api/v1/deliveries'],
      ['GET', `/api/v1/deliveries/${delivery}`],
      ['POST', `/api/v1/deliveries/${delivery}/retry`],
      ['DELETE', `${webhooks}/${webhook.id}`],
      ['GET', '/health/ready'],
    ];
    for (const [method, path, body] of calls) {
      const { status } = await http.send(method, path, body);
      expect({ method, path, isRight: status < 300 }).toEqual({ method, path, isRight: true });
    }
  });

  test('is enough to deliver, and to keep the house', async () => {
    const api = makeApi(server);
    await flow.startWorker({ databaseUrl: serverUrl, calls: api.workers });
    const webhook = await flow.makeWebhook();
    await webhook.raise(3);
    await webhook.received(3);
    await until(async () => (await webhook.row()).successful_deliveries === 3);
  });
});

describe('a program whose user is not the owner', () => {
  test('serves when it is a member of the role and the owner has migrated', async () => {
    const url = await makeUser('member', flow.url, SERVER_ROLE);
    const env = { DATABASE_URL: url, SECRET_KEY: 'k'.repeat(32), API_PORT: '0' };
    const program = await startCli(['serve'], { ready: /"serving","url":"(http[^"]+)"/, env });
    const { stdout: token } = await runCli(['token', '--sub', 'me'], { env });
    const address = `http://127.0.0.1:${new URL(program.ready[1] ?? '').port}/api/v1/webhooks`;
    const answer = await fetch(address, { headers: { authorization: `Bearer ${token.trim()}` } });
    expect(answer.status).toBe(200);
    expect(await program.stop()).toBe(0);
  });

  test('is told to have it migrated when the schema is not of its version, and to be given the role when it has none', async () => {
    const older = await testDatabase();
    await older.sql`update tocsin_data.schema_state set rebuilt_sha256 = 'of another version'`;
    const cases = [await makeUser('late', older.url, SERVER_ROLE), await makeUser('stranger', flow.url)];
    for (const url of cases) {
      const { exitCode, stderr } = await runCli(['migrate'], {
        env: { DATABASE_URL: url, SECRET_KEY: 'k'.repeat(32) },
      });
      expect(exitCode).toBe(1);
      expect(stderr).toContain('Run `tocsin migrate` as the schema');
      expect(stderr).not.toContain('    at ');
    }
  });

  test('who owns the schemas and may not take the role keeps its own rights, and says so', async () => {
    const empty = await testDatabase({ isEmpty: true });
    const url = await makeUser('owner', empty.url);
    await empty.sql.unsafe(`alter database ${empty.name} owner to ${userOf('owner')}`);
    const { exitCode, stdout } = await runCli(['migrate'], { env: { DATABASE_URL: url, SECRET_KEY: 'k'.repeat(32) } });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('the role tocsin_server cannot be taken');
    expect(stdout).toContain('permission denied to set role');
    await empty.sql.unsafe(`reassign owned by ${userOf('owner')} to current_user`);
    // The server takes the role only where it has its rights.
    const reasons: string[] = [];
    await empty.sql.unsafe('revoke usage on schema tocsin from tocsin_server');
    expect(await restrictUrl(empty.url, (reason) => reasons.push(reason))).toBe(empty.url);
    expect(reasons).toEqual(['permission denied for schema tocsin']);
    await empty.sql.unsafe('grant usage on schema tocsin to tocsin_server');
    expect(await restrictUrl(empty.url, refused)).toContain('role=tocsin_server');
  });

  test('raises alerts with the two grants of the manual, and nothing more', async () => {
    const url = await makeUser('app', flow.url);
    const app = openSql(url, { max: 1 });
    try {
      const raise = () => stateOf(makeApi(app).alerts.raise_alert({ p_message: 'from the application' }));
      expect(await raise()).toBe('42501');
      await flow.sql.unsafe(`grant usage on schema tocsin to ${userOf('app')}`);
      expect(await raise()).toBe('42501');
      await flow.sql.unsafe(`grant execute on function tocsin.raise_alert to ${userOf('app')}`);
      expect(await raise()).toBe('none');
      expect(await stateOf(makeApi(app).webhooks.count_webhooks({ p_tenant_id: 1 }))).toBe('42501');
    } finally {
      await app.end({ timeout: 1 });
      await flow.sql.unsafe(`drop owned by ${userOf('app')}`);
    }
  });
});
