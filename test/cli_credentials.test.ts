// `tocsin token` and `tocsin keys` from outside: what they print, and that what they print is good for what it says.
import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../src/config.ts';
import { hashApiKey } from '../src/http/api_key.ts';
import { makeVerifyToken } from '../src/http/token.ts';
import { makeApi } from '../src/store/api.ts';
import { runCli } from './support/children.ts';
import { testDatabase } from './support/postgres.ts';

const { sql, url } = await testDatabase();
const { api_keys, tenants } = makeApi(sql);
const secret = 'k'.repeat(32);
const hosted = { DATABASE_URL: url, SECRET_KEY: secret };
const run = (...args: string[]) => runCli(args, { env: hosted });
const verify = makeVerifyToken(secret, readConfig(hosted));

describe('tocsin token', () => {
  test('prints a token and nothing else, for a day unless told otherwise', async () => {
    const { exitCode, stdout, stderr } = await run('token', '--sub', 'me', '--role', 'admin');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const claims = await verify(stdout.trim());
    expect(claims).toMatchObject({ subject: 'me', role: 'admin', tenant: 'default' });
    expect((claims as { expiresAtMs: number }).expiresAtMs - Date.now()).toBeWithin(86_000_000, 86_401_000);
  });

  test('takes a tenant and a time, and names the issuer and audience that the server wants', async () => {
    const env = { ...hosted, JWT_ISSUER: 'https://issuer.example', JWT_AUDIENCE: 'tocsin' };
    const args = ['token', '--sub', 'me', '--role', 'viewer', '--tenant', 'acme', '--expires', '30d'];
    const { stdout } = await runCli(args, { env });
    const claims = await makeVerifyToken(secret, readConfig(env))(stdout.trim());
    expect(claims).toMatchObject({ tenant: 'acme', role: 'viewer' });
    expect((claims as { expiresAtMs: number }).expiresAtMs - Date.now()).toBeGreaterThan(29 * 86_400_000);
  });

  test('in development makes a key once, which only its owner can read', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'tocsin-token-'));
    try {
      const mint = async () => (await runCli(['token', '--sub', 'me'], { cwd })).stdout.trim();
      const [first, second] = [await mint(), await mint()];
      const path = join(cwd, '.tocsin/secret.key');
      expect(statSync(path).mode & 0o777).toBe(0o600);
      const verifyLocal = makeVerifyToken((await Bun.file(path).text()).trim(), readConfig({}));
      expect([await verifyLocal(first), await verifyLocal(second)]).toMatchObject([
        { role: 'viewer' },
        { subject: 'me' },
      ]);
    } finally {
      rmSync(cwd, { recursive: true });
    }
  });

  test.each([
    [['token'], '--sub must say'],
    [['token', '--sub', 'me', '--role', 'root'], '--role must be one of viewer, operator, admin, platform.'],
    [['token', '--sub', 'me', '--expires', 'soon'], '--expires must be a time'],
    [['token', '--sub', 'me', '--expires', '99y'], '--expires must be a time'],
    [['token', '--rol', 'admin'], "Unknown option '--rol'"],
  ])('%j is refused in plain words', async (args, message) => {
    const { exitCode, stdout, stderr } = await run(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });
});

describe('tocsin keys', () => {
  test('creates a key that works, lists it without showing it, and revokes it', async () => {
    const args = ['create', '--name', 'ci', '--role', 'operator', '--rate-limit', '5000', '--expires', '90d'];
    const { exitCode, stdout } = await run('keys', ...args);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^tsk_[0-9A-Za-z]{49}\n$/);
    const key = stdout.trim();
    const found = () => api_keys.find_api_key({ p_key_hash: hashApiKey(key) as string });
    const row = await found();
    expect(row).toMatchObject({ role: 'operator', tenant: 'default', rate_limit: 5000 });

    const listed = await run('keys', 'list');
    expect(listed.stdout).toMatch(/^ID +NAME +ROLE +KEY +LIMIT +CREATED +LAST USED +ENDS\n/);
    expect(listed.stdout).toMatch(new RegExp(`\\n${row?.api_key_id} +ci +operator +${key.slice(0, 10)}… +5000 `));
    expect(listed.stdout).not.toContain(key);

    expect((await run('keys', 'revoke', String(row?.api_key_id))).exitCode).toBe(0);
    expect(await found()).toBeNull();
    expect((await run('keys', 'list')).stdout).not.toContain(' ci ');
    expect((await run('keys', 'list', '--all')).stdout).toContain('revoked');
    const again = await run('keys', 'revoke', String(row?.api_key_id));
    expect(again).toMatchObject({ exitCode: 3, stderr: 'There is no such API key.\n' });
  }, 60_000);

  test('belongs to the tenant that is named', async () => {
    await tenants.create_tenant({ p_name: 'acme' });
    const { stdout } = await run('keys', 'create', '--name', 'x', '--tenant', 'acme');
    const row = await api_keys.find_api_key({ p_key_hash: hashApiKey(stdout.trim()) as string });
    expect(row).toMatchObject({ tenant: 'acme', role: 'viewer' });
  });

  test.each([
    [['keys'], 2, 'tocsin keys create'],
    [['keys', 'destroy'], 2, 'tocsin keys create'],
    [['keys', 'create'], 2, '--name must say'],
    [['keys', 'create', '--name', 'x', '--rate-limit', '0'], 1, 'rate_limit must be from 1'],
    [['keys', 'create', '--name', 'x', '--role', 'root'], 2, '--role must be one of'],
    [['keys', 'list', '--tenant', 'nobody'], 3, 'There is no tenant of this name.'],
    [['keys', 'revoke', 'all'], 2, 'Say which key'],
  ])('%j is refused with %i and in plain words', async (args, code, message) => {
    const { exitCode, stdout, stderr } = await run(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });
});
