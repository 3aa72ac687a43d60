// The vault: what it seals opens again, and only with the right key, unchanged, as what it is.
import { describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { makeVault, VaultError } from '../../src/store/vault.ts';
import { findVaultKeys } from '../../src/store/vault_keys.ts';

const [oldKey, newKey] = ['o'.repeat(32), 'n'.repeat(44)];

describe('a vault', () => {
  test('opens what it sealed, whatever the text', () => {
    const vault = makeVault([newKey]);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(vault.open(vault.seal(text, 'webhook_secret'), 'webhook_secret')).toBe(text.toWellFormed());
      }),
    );
  });

  test('seals the same text differently each time, in four dotted parts that do not show it', () => {
    const vault = makeVault([newKey]);
    const [first, second] = [vault.seal('whsec_hush', 'webhook_secret'), vault.seal('whsec_hush', 'webhook_secret')];
    expect(first).not.toBe(second);
    expect(first).toMatch(/^v1\.[\w-]{8}\.[\w-]{16}\.[\w-]+$/);
    expect(Buffer.from(first.split('.')[3] ?? '', 'base64url').toString()).not.toContain('hush');
  });

  test('does not open a secret as headers', () => {
    const vault = makeVault([newKey]);
    expect(() => vault.open(vault.seal('{}', 'webhook_secret'), 'webhook_headers')).toThrow(VaultError);
  });

  test('does not open a text that was changed in any byte, cut or extended', () => {
    const vault = makeVault([newKey]);
    const [version, id, iv, content = ''] = vault.seal('secret', 'webhook_secret').split('.');
    const bytes = Buffer.from(content, 'base64url');
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i] = (changed[i] ?? 0) ^ 1;
      const forged = [version, id, iv, changed.toString('base64url')].join('.');
      expect(() => vault.open(forged, 'webhook_secret')).toThrow(VaultError);
    }
    for (const forged of ['', 'v1', `v1.${id}.${iv}.`, `v2.${id}.${iv}.${content}`, `v1.${id}.${iv}.${content}.x`]) {
      expect(() => vault.open(forged, 'webhook_secret')).toThrow(VaultError);
    }
  });

  test('seals with its first key and opens with any of them', () => {
    const before = makeVault([oldKey]).seal('old', 'webhook_headers');
    const both = makeVault([newKey, oldKey]);
    expect(both.open(before, 'webhook_headers')).toBe('old');
    expect(makeVault([newKey]).open(both.seal('new', 'webhook_headers'), 'webhook_headers')).toBe('new');
    expect(() => makeVault([newKey]).open(before, 'webhook_headers')).toThrow('not among ENCRYPTION_KEY');
  });

  test('is not made without a key, or with a short one', () => {
    expect(() => makeVault([])).toThrow(VaultError);
    expect(() => makeVault([newKey, 'short'])).toThrow('32 bytes');
  });
});

describe('findVaultKeys', () => {
  const inDirectory = (run: (keyFile: string) => void) => {
    const directory = mkdtempSync(join(tmpdir(), 'tocsin-vault-'));
    try {
      run(join(directory, 'new/encryption.key'));
    } finally {
      rmSync(directory, { recursive: true });
    }
  };

  test('makes a key file for its owner only where no variable gives a key, and keeps to it', () =>
    inDirectory((keyFile) => {
      const none = { encryptionKey: undefined, secretKey: undefined };
      const [made] = findVaultKeys(none, keyFile);
      expect(Buffer.from(made ?? '', 'base64')).toHaveLength(32);
      expect(statSync(keyFile).mode & 0o777).toBe(0o600);
      expect(findVaultKeys(none, keyFile)).toEqual([made ?? '']);
      expect(readFileSync(keyFile, 'utf8').trim()).toBe(made ?? '');
    }));

  test('puts ENCRYPTION_KEY first, in its order, and keeps what came before for reading', () =>
    inDirectory((keyFile) => {
      const [filed = ''] = findVaultKeys({ encryptionKey: undefined, secretKey: undefined }, keyFile);
      const keys = findVaultKeys({ encryptionKey: `${newKey}, ${oldKey}`, secretKey: 's'.repeat(32) }, keyFile);
      expect(keys).toEqual([newKey, oldKey, 's'.repeat(32), filed]);
    }));

  test('makes no file where a variable gives a key', () =>
    inDirectory((keyFile) => {
      expect(findVaultKeys({ encryptionKey: undefined, secretKey: oldKey }, keyFile)).toEqual([oldKey]);
      expect(() => statSync(keyFile)).toThrow('ENOENT');
    }));
});
