// `tocsin reencrypt`: afterwards the first key alone opens every secret and all headers.
import { expect, test } from 'bun:test';
import { makeApi } from '../src/store/api.ts';
import { reencrypt } from '../src/store/reencrypt.ts';
import { makeVault } from '../src/store/vault.ts';
import { runCli } from './support/children.ts';
import { testDatabase } from './support/postgres.ts';

const [oldKey, newKey, lostKey] = ['an old key-'.repeat(4), 'a new key-'.repeat(4), 'a lost key-'.repeat(4)];
const [before, after] = [makeVault([oldKey]), makeVault([newKey])];

async function makeSealed() {
  const { sql, url } = await testDatabase();
  const { webhooks } = makeApi(sql);
  const create = (vault: typeof before, n: number) =>
    webhooks.create_webhook({
      p_tenant_id: 1,
      p_name: `w${n}`,
      p_url: 'https://example.com/',
      p_secret_sealed: vault.seal(`secret ${n}`, 'webhook_secret'),
      ...(n % 2 === 0 && { p_headers_sealed: vault.seal(`{"x-key":"${n}"}`, 'webhook_headers') }),
    });
  const stored = async () => {
    const secrets = await sql<{ sealed: string }[]>`
      select secret_sealed as sealed from tocsin_data.webhook_secrets order by secret_id`;
    const headers = await sql<{ sealed: string }[]>`
      select headers_sealed as sealed from tocsin_data.webhooks where headers_sealed is not null order by webhook_id`;
    return { secrets: secrets.map(({ sealed }) => sealed), headers: headers.map(({ sealed }) => sealed) };
  };
  return { sql, url, webhooks, create, stored };
}

test('seals everything with the first key, and a second run finds nothing to do', async () => {
  const { url, webhooks, create, stored } = await makeSealed();
  for (let n = 0; n < 4; n++) await create(before, n);
  // Takes its secret and headers along.
  await webhooks.delete_webhook({ p_tenant_id: 1, p_webhook_id: 1 });
  const env = { DATABASE_URL: url, SECRET_KEY: 's'.repeat(32), ENCRYPTION_KEY: `${newKey}, ${oldKey}` };
  const { exitCode, stdout, stderr } = await runCli(['reencrypt'], { env });
  expect({ exitCode, stdout, stderr }).toEqual({
    exitCode: 0,
    stdout: `4 sealed anew with the key ${after.keyId}.\n`,
    stderr: '',
  });
  const { secrets, headers } = await stored();
  expect(secrets.map((sealed) => after.open(sealed, 'webhook_secret'))).toEqual([1, 2, 3].map((n) => `secret ${n}`));
  expect(headers.map((sealed) => after.open(sealed, 'webhook_headers'))).toEqual(['{"x-key":"2"}']);
  expect((await runCli(['reencrypt'], { env })).stdout).toStartWith('0 sealed anew');
});

test('leaves what no key opens as it is, says how much that is, and does the rest, over several batches', async () => {
  const { sql, webhooks, create, stored } = await makeSealed();
  const lost = await create(makeVault([lostKey]), 0);
  await create(before, 2);
  await sql`insert into tocsin_data.webhook_secrets (tenant_id, webhook_id, secret_sealed) select 1, ${lost}, s.secret_sealed
    from tocsin_data.webhook_secrets s, generate_series(1, 600) where s.webhook_id = ${lost}`;
  await create(before, 4);
  const { secrets: asTheyWere } = await stored();
  expect(await reencrypt(webhooks, makeVault([newKey, oldKey]))).toEqual({ resealed: 4, unopened: 602 });
  const { secrets } = await stored();
  expect(secrets.filter((sealed) => asTheyWere.includes(sealed))).toHaveLength(601);
  expect(secrets.at(-1)?.split('.')[1]).toBe(after.keyId);
});

test('does not undo a rotation that came in between, and gives workers the new texts', async () => {
  const { sql, webhooks, create, stored } = await makeSealed();
  const id = await create(before, 1);
  const versionOf = async () =>
    (await sql`select version from tocsin_data.webhook_lanes where webhook_id = ${id}`)[0]?.version;
  const version = await versionOf();
  const rotated = before.seal('newer', 'webhook_secret');
  const list_sealed: typeof webhooks.list_sealed = async (args) => {
    const rows = await webhooks.list_sealed(args);
    await sql`update tocsin_data.webhook_secrets set secret_sealed = ${rotated}`;
    return rows;
  };
  const vault = makeVault([newKey, oldKey]);
  expect(await reencrypt({ ...webhooks, list_sealed }, vault)).toEqual({ resealed: 0, unopened: 0 });
  expect((await stored()).secrets).toEqual([rotated]);
  expect(await reencrypt(webhooks, vault)).toEqual({ resealed: 1, unopened: 0 });
  expect(await versionOf()).toBeGreaterThan(version);
});
