// docs/QUICKSTART.md, followed from its first command to its last, with a stand-in for Slack that takes what Slack takes.
import { expect, test } from 'bun:test';
import { DEMO_SECRET } from '../../src/delivery/demo_receiver.ts';
import { startCli } from '../support/children.ts';
import { type PageCommand, readPageCommands, runPageCommands } from '../support/page_commands.ts';
import { testDatabase } from '../support/postgres.ts';
import { freePort } from '../support/redis.ts';
import { until } from '../support/wait.ts';

const page = 'docs/QUICKSTART.md';
const { sql, url } = await testDatabase({ max: 1 });

/** An incoming webhook of Slack: a POST of JSON with a text, to the address that it gave out. It answers `ok`, else why not. */
function startSlack() {
  const messages: { text: string; blocks?: { type: string }[] }[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      if (request.method !== 'POST') return new Response('invalid_method', { status: 405 });
      if (new URL(request.url).pathname !== '/services/T0/B0/secret')
        return new Response('no_service', { status: 404 });
      if (!request.headers.get('content-type')?.startsWith('application/json'))
        return new Response('invalid_payload', { status: 400 });
      const message = (await request.json()) as (typeof messages)[number];
      if (typeof message.text !== 'string' || message.text === '') return new Response('no_text', { status: 400 });
      messages.push(message);
      return new Response('ok');
    },
  });
  return { messages, url: `http://localhost:${server.port}/services/T0/B0/secret`, stop: () => server.stop(true) };
}

test('the quick start leads to a message in Slack, to a receiver, and to alerts raised in SQL', async () => {
  const slack = startSlack();
  const [port, receiverPort] = [await freePort(), await freePort()];
  // The page's own ports may be in use here; nothing else in it is changed.
  const here = (block: PageCommand): PageCommand => ({
    ...block,
    commands: block.commands
      .replaceAll('localhost:8000', `localhost:${port}`)
      .replaceAll('localhost:9000', `localhost:${receiverPort}`),
  });
  const env = {
    DATABASE_URL: url,
    ENVIRONMENT: 'development',
    API_PORT: String(port),
    PATH: '/usr/local/bin:/usr/bin:/bin',
  };
  const run = (blocks: PageCommand[]) => runPageCommands(blocks.map(here), { ...env, SLACK_URL: slack.url });

  const [start] = await readPageCommands(page, '1. Start (2 minutes)');
  expect(start?.commands).toBe('npx --yes bun@1.4 run start');
  const server = await startCli(['serve'], { env, ready: /Dashboard/ });

  const [given, ...toSlack] = await readPageCommands(page, '2. To Slack (10 minutes)');
  expect(given?.commands).toStartWith('export SLACK_URL=');
  await run(toSlack);
  await until(() => slack.messages.length >= 2, { what: 'the test message and the alert in Slack' });
  expect(slack.messages[1]?.text).toContain('The disk of db-1 is 91 % full');

  const [receiver, ...toReceiver] = await readPageCommands(page, '3. A receiver of your own');
  expect(receiver?.commands).toBe('npx --yes bun@1.4 run tocsin demo-receiver');
  const demo = await startCli(['demo-receiver', '--port', String(receiverPort), '--secret', DEMO_SECRET], {
    ready: /Listening on/,
  });
  await run(toReceiver);
  await until(() => demo.output().includes('Order 42 was paid'), { what: 'the order at the receiver' });
  expect(slack.messages.length).toBe(2);

  await sql`create table public.orders (order_id int primary key)`;
  const text = await Bun.file(page).text();
  const statements = [...text.matchAll(/```sql\n([\s\S]*?)\n```/g)].map(([, body = '']) => body);
  await sql.unsafe(statements[0] ?? '');
  await until(() => demo.output().match(/Order 42 was paid/g)?.length === 2, { what: 'the order raised in SQL' });
  for (const statement of statements.slice(1)) await sql.unsafe(statement);
  await server.stop();
  await demo.stop();
  await slack.stop();
}, 120_000);
