// The `tocsin` command from outside: what it prints, where, and how it ends.
import { describe, expect, test } from 'bun:test';
import { DEMO_SECRET } from '../src/delivery/demo_receiver.ts';
import { runCli, startCli } from './support/children.ts';
import { testDatabase } from './support/postgres.ts';

const { sql, url } = await testDatabase({ isEmpty: true });
const hosted = { DATABASE_URL: url, SECRET_KEY: 'k'.repeat(32) };

describe('tocsin', () => {
  test('prints every command for help, and to whoever names one that it does not know', async () => {
    const help = await runCli(['help']);
    expect(help).toMatchObject({ exitCode: 0, stderr: '' });
    const unknown = await runCli(['sreve']);
    expect(unknown).toMatchObject({ exitCode: 2, stdout: '' });
    expect(unknown.stderr).toContain('There is no command sreve.');
    expect(unknown.stderr).toContain(help.stdout.trim());
  });

  test('prints its version', async () => {
    expect((await runCli(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('names every wrong variable and does nothing', async () => {
    const { exitCode, stderr } = await runCli(['migrate'], { env: { ...hosted, API_PORT: 'x', RATE_LIMIT: '0' } });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('API_PORT must be');
    expect(stderr).toContain('RATE_LIMIT must be');
    expect(stderr).not.toContain(' at ');
  });
});

describe('tocsin migrate', () => {
  test('gives an empty database the schema, and an upgraded one nothing', async () => {
    const first = await runCli(['migrate'], { env: hosted });
    expect(first).toMatchObject({ exitCode: 0, stderr: '' });
    expect(first.stdout).toContain('0001_tenants');
    const made =
      await sql`select exists (select from pg_proc where oid::regproc::text = 'tocsin.raise_alert') as is_there`;
    expect(made).toMatchObject([{ is_there: true }]);
    const second = await runCli(['migrate'], { env: hosted });
    expect(second.exitCode).toBe(0);
    expect(second.stdout).not.toContain('upgraded the schema');
  });

  test('says which server refused it, without the password', async () => {
    const env = { ...hosted, DATABASE_URL: url.replace(/:[^:@]+@/, ':hunter2@') };
    const { exitCode, stderr } = await runCli(['migrate'], { env });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^Cannot use database t_\d+_\d+ as postgres at 127\.0\.0\.1:\d+: password authentication failed/,
    );
    expect(stderr).not.toContain('hunter2');
  });
});

describe('tocsin demo-receiver', () => {
  test('listens, refuses what nobody signed, and ends at a signal', async () => {
    const receiver = await startCli(['demo-receiver', '--port', '0', '--secret', DEMO_SECRET], {
      ready: /Listening on (\S+);/,
    });
    const answer = await fetch(receiver.ready[1] ?? '', { method: 'POST', body: '{}' });
    expect(answer.status).toBe(401);
    expect(await receiver.stop()).toBe(0);
  });
});
