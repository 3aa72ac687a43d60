// Which tokens are believed: those of the right key by the right algorithm, in time, and no other.
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeVerifyToken, mintToken, type TokenConfig } from '../../src/http/token.ts';
import { claims, ec, ed, hmac, type Json, makeJwt, makeSigner, rsa, type Signer, unsigned } from '../support/jwt.ts';

const secret = 'the secret of the tests, 32 bytes';
const config: TokenConfig = {
  jwtIssuer: undefined,
  jwtAudience: undefined,
  jwtPublicKey: undefined,
  jwtJwksFile: undefined,
};
const directory = mkdtempSync(join(tmpdir(), 'tocsin-jwks-'));
afterAll(() => rmSync(directory, { recursive: true }));
const jwksFile = join(directory, 'keys.json');
const writeJwks = (keys: Json[]) => writeFileSync(jwksFile, JSON.stringify({ keys }));

const hs256 = { alg: 'HS256', typ: 'JWT' };
const makeToken = (payload: Json = claims(), header: Json = hs256, signer: Signer = hmac(secret)) =>
  makeJwt(header, payload, signer);
const verify = (token: string, changes: Partial<TokenConfig> = {}) =>
  makeVerifyToken(secret, { ...config, ...changes })(token);
const now = () => Math.floor(Date.now() / 1000);

describe('a token signed with the secret', () => {
  test('is believed, with the least role and the first tenant unless it says more', async () => {
    const expiresAtMs = (claims().exp as number) * 1000;
    expect(await verify(makeToken())).toEqual({ subject: 'me', tenant: 'default', role: 'viewer', expiresAtMs });
    const more = makeToken(claims({ role: 'admin', tenant: 'acme' }));
    expect(await verify(more)).toMatchObject({ role: 'admin', tenant: 'acme' });
  });

  test('may be one that was minted here, with the issuer and audience that are wanted', async () => {
    const wanted = { jwtIssuer: 'https://issuer.example', jwtAudience: 'tocsin' };
    const minted = { subject: 'me', tenant: 'acme', role: 'operator', expiresAtMs: (now() + 60) * 1000 } as const;
    expect(await verify(await mintToken(secret, minted, wanted), wanted)).toEqual(minted);
  });

  test.each<[string, Json]>([
    ['without exp', { exp: undefined }],
    ['with exp as a text', { exp: '4102444800' }],
    ['without sub', { sub: undefined }],
    ['with an empty sub', { sub: '' }],
    ['with a number as sub', { sub: 7 }],
    ['with a line feed in sub', { sub: 'me\nlevel=error' }],
    ['with a sub that is too long', { sub: 'x'.repeat(201) }],
    ['not valid yet', { nbf: now() + 60 }],
    ['with a list as tenant', { tenant: ['default'] }],
  ])('%s is refused', async (_, changes) => {
    expect(await verify(makeToken(claims(changes)))).toEqual({ fault: 'invalid' });
  });

  test('is refused when its time is over, and only then is that said', async () => {
    expect(await verify(makeToken(claims({ exp: now() - 1 })))).toEqual({ fault: 'expired' });
    const forged = makeToken(claims({ exp: now() - 1 }), hs256, hmac('another secret'));
    expect(await verify(forged)).toEqual({ fault: 'invalid' });
  });

  test.each([
    { role: 'root' },
    { role: 'Admin' },
    { role: '' },
    { role: 'admin,platform' },
    { role: ['admin'] },
    { role: 1 },
  ])('with %j claims a role that does not exist', async (role) => {
    expect(await verify(makeToken(claims(role)))).toEqual({ fault: 'role' });
  });
});

describe('issuer and audience', () => {
  const wanted = { jwtIssuer: 'https://issuer.example', jwtAudience: 'tocsin' };
  const right = { iss: 'https://issuer.example', aud: ['other', 'tocsin'] };
  test('must be right where they are configured', async () => {
    expect(await verify(makeToken(claims(right)), wanted)).toMatchObject({ subject: 'me' });
    for (const wrong of [
      {},
      { ...right, iss: 'https://evil.example' },
      { ...right, aud: 'other' },
      { ...right, aud: [] },
    ]) {
      expect(await verify(makeToken(claims(wrong)), wanted)).toEqual({ fault: 'invalid' });
    }
  });
});

describe('a forged token', () => {
  const [header, payload, signature] = makeToken().split('.') as [string, string, string];
  const none = (alg: string) => makeToken(claims({ role: 'platform' }), { alg }, unsigned);
  const stolen = { jwk: rsa.jwk, jku: 'https://evil.example/keys.json', x5u: 'https://evil.example/cert' };
  const forgeries: [string, string][] = [
    ['of another secret', makeToken(claims(), hs256, hmac('another secret of thirty-two bytes'))],
    ['with its payload changed', `${header}.${makeToken(claims({ role: 'admin' })).split('.')[1]}.${signature}`],
    ['without its signature', `${header}.${payload}.`],
    ['with two parts', `${header}.${payload}`],
    ['with five parts', `${header}.${payload}.${signature}.a.b`],
    ['with its signature cut', `${header}.${payload}.${signature.slice(0, -2)}`],
    ['unsigned, alg none', none('none')],
    ['unsigned, alg None', none('None')],
    ['unsigned, alg NONE', none('NONE')],
    ['unsigned, without alg', makeToken(claims(), { typ: 'JWT' }, unsigned)],
    ['with an empty alg', makeToken(claims(), { alg: '' })],
    ['of alg hs256 in lower case', makeToken(claims(), { alg: 'hs256' })],
    ['of alg HS384', makeToken(claims(), { alg: 'HS384' }, hmac(secret, 'sha384'))],
    ['of alg HS512', makeToken(claims(), { alg: 'HS512' }, hmac(secret, 'sha512'))],
    ['with a critical extension', makeToken(claims(), { alg: 'HS256', crit: ['x'], x: 1 })],
    ['signed with a key that it brings along', makeToken(claims(), { alg: 'RS256', ...stolen }, rsa.sign)],
    ['signed with an empty secret', makeToken(claims(), hs256, hmac(''))],
    ['signed with a file that kid names', makeToken(claims(), { ...hs256, kid: '../../../dev/null' }, hmac(''))],
    ['of public-key alg with the secret', makeToken(claims(), { alg: 'RS256' })],
    ['that is no JSON', 'e30.e30.e30'],
    ['that is no token', 'let me in'],
    ['that is empty', ''],
  ];
  test.each(forgeries)('%s is refused', async (_, token) => {
    expect(await verify(token)).toEqual({ fault: 'invalid' });
    writeJwks([{ ...ec.jwk, kid: 'ec' }]);
    expect(await verify(token, { jwtPublicKey: ed.pem, jwtJwksFile: jwksFile })).toEqual({ fault: 'invalid' });
  });
});

describe.each([rsa, ec, ed])('a public key for $alg', ({ alg, sign, pem, jwk, publicKey }) => {
  const given = { jwtPublicKey: pem };
  const token = makeToken(claims({ role: 'operator' }), { alg, kid: 'any' }, sign);

  test('verifies what its private key signed, and nothing that another did', async () => {
    expect(await verify(token, given)).toMatchObject({ subject: 'me', role: 'operator' });
    expect(await verify(token)).toEqual({ fault: 'invalid' });
    const other = makeSigner(alg as 'RS256');
    expect(await verify(makeToken(claims(), { alg }, other.sign), given)).toEqual({ fault: 'invalid' });
  });

  test('is no secret: what was signed with its text as one is refused', async () => {
    const der = publicKey.export({ format: 'der', type: 'spki' });
    for (const text of [pem, pem.trim(), der, JSON.stringify(jwk), String(jwk.n ?? jwk.x)]) {
      for (const name of ['HS256', 'HS384', 'HS512', alg]) {
        const forged = makeToken(claims({ role: 'platform' }), { alg: name }, hmac(text));
        expect(await verify(forged, given)).toEqual({ fault: 'invalid' });
      }
    }
  });

  test('verifies by its own algorithm only', async () => {
    for (const name of ['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA', 'none']) {
      if (name === alg) continue;
      expect(await verify(makeToken(claims(), { alg: name }, sign), given)).toEqual({ fault: 'invalid' });
    }
  });

  test('leaves tokens of the secret as they are', async () => {
    expect(await verify(makeToken(), given)).toMatchObject({ subject: 'me' });
  });

  test('says when a token of its own has expired', async () => {
    expect(await verify(makeToken(claims({ exp: now() - 1 }), { alg }, sign), given)).toEqual({ fault: 'expired' });
  });
});

describe('a JWKS file', () => {
  const given = { jwtJwksFile: jwksFile };
  const signed = (pair: typeof rsa, kid?: string) =>
    makeToken(claims(), { alg: pair.alg, ...(kid !== undefined && { kid }) }, pair.sign);

  test('has keys of all kinds, found by their ids, or tried in turn where a token names none', async () => {
    const second = makeSigner('RS256');
    writeJwks([
      { ...second.jwk, kid: 'second' },
      { ...rsa.jwk, kid: 'rsa', use: 'sig' },
      { ...ec.jwk, kid: 'ec', alg: 'ES256' },
      { ...ed.jwk, kid: 'ed' },
      { kty: 'oct', k: Buffer.from('shared').toString('base64url'), kid: 'oct', alg: 'HS256' },
    ]);
    for (const token of [signed(rsa, 'rsa'), signed(ec, 'ec'), signed(ed, 'ed'), signed(rsa), signed(second)]) {
      expect(await verify(token, given)).toMatchObject({ subject: 'me' });
    }
    for (const token of [signed(rsa, 'second'), signed(rsa, 'unknown'), signed(ec, 'rsa')]) {
      expect(await verify(token, given)).toEqual({ fault: 'invalid' });
    }
    const symmetric = makeToken(claims(), { alg: 'HS256', kid: 'oct' }, hmac('shared'));
    expect(await verify(symmetric, given)).toEqual({ fault: 'invalid' });
  });

  test('may get a new key and lose an old one while we run', async () => {
    const clock = { ms: 0 };
    const [older, newer] = [makeSigner('EdDSA'), makeSigner('EdDSA')];
    writeJwks([{ ...older.jwk, kid: 'older' }]);
    const check = makeVerifyToken(secret, { ...config, ...given }, () => clock.ms);
    expect(await check(signed(older, 'older'))).toMatchObject({ subject: 'me' });
    writeJwks([{ ...newer.jwk, kid: 'newer' }]);
    expect(await check(signed(newer, 'newer'))).toEqual({ fault: 'invalid' });
    clock.ms += 5_000;
    expect(await check(signed(newer, 'newer'))).toMatchObject({ subject: 'me' });
    clock.ms += 60_000;
    expect(await check(signed(older, 'older'))).toEqual({ fault: 'invalid' });
  });

  test('that is lost or broken while we run takes no key away', async () => {
    const clock = { ms: 0 };
    writeJwks([{ ...rsa.jwk, kid: 'rsa' }]);
    const check = makeVerifyToken(secret, { ...config, ...given }, () => clock.ms);
    expect(await check(signed(rsa, 'rsa'))).toMatchObject({ subject: 'me' });
    writeFileSync(jwksFile, '{"keys": [');
    clock.ms += 60_000;
    expect(await check(signed(rsa, 'rsa'))).toMatchObject({ subject: 'me' });
  });
});
