// Signatures are byte for byte what the `standardwebhooks` package makes and accepts.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { type SignedHeaders, sign, TOLERANCE_SECONDS, verify } from '../../src/delivery/sign.ts';
import { generateSecret, readSecret } from '../../src/store/secrets.ts';

const now = () => Math.floor(Date.now() / 1000);

function isAccepted(secret: string, headers: SignedHeaders, body: string): boolean {
  try {
    new Webhook(secret).verify(body, headers, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

describe('sign', () => {
  test('gives the signature of the specification example', () => {
    const headers = sign(
      ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      1614265330,
      '{"test": 2432232314}',
    );
    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  test('is what the package makes, for any text, id and key', () => {
    const anyKey = fc.uint8Array({ minLength: 24, maxLength: 64 });
    const anyText = fc.string({ unit: 'grapheme', maxLength: 300 });
    const property = fc.property(anyKey, anyText, fc.nat(), (key, body, number) => {
      const secret = `whsec_${Buffer.from(key).toString('base64')}`;
      const at = new Date(number * 1000);
      const expected = new Webhook(secret).sign(`msg_${number}`, at, body);
      expect(sign([secret], `msg_${number}`, number, body)['webhook-signature']).toBe(expected);
    });
    fc.assert(property, { numRuns: 300 });
  });

  test.each([
    '{"message":"é ü ß"}',
    '{"message":"漢字かな"}',
    '{"message":"🚨👩‍👩‍👧"}',
    '{"m":"\u0000\u2028\u00a0"}',
    '',
  ])('of %j is accepted by the package', (body) => {
    const secret = generateSecret();
    expect(isAccepted(secret, sign([secret], 'msg_1', now(), body), body)).toBe(true);
  });

  test('during a rotation satisfies those who know the new or the old secret, and no others', () => {
    const [fresh, old, stranger] = [generateSecret(), generateSecret(), generateSecret()];
    const headers = sign([fresh, old], 'msg_1', now(), '{}');
    expect(headers['webhook-signature']).toMatch(/^v1,[A-Za-z0-9+/]{43}= v1,[A-Za-z0-9+/]{43}=$/);
    expect([fresh, old, stranger].map((secret) => isAccepted(secret, headers, '{}'))).toEqual([true, true, false]);
  });

  test('does not let one message leak into the next of the same secret', () => {
    const secret = generateSecret();
    const first = sign([secret], 'msg_1', 1, 'a');
    sign([secret], 'msg_2', 2, 'b');
    expect(sign([secret], 'msg_1', 1, 'a')).toEqual(first);
  });

  test('throws for what is no secret, without repeating it', () => {
    expect(() => sign(['whsec_tooShort'], 'msg_1', 1, '')).toThrow(RangeError);
    expect(() => sign(['hunter2hunter2hunter2hunter2'], 'msg_1', 1, '')).not.toThrow(/hunter/);
  });
});

describe('verify', () => {
  const secret = generateSecret();
  const body = '{"message":"ü"}';
  const signedAt = 1_700_000_000;
  const headers = sign([generateSecret(), secret], 'msg_1', signedAt, body);

  test('accepts what the package signed, with either of several secrets', () => {
    const signature = new Webhook(secret).sign('msg_1', new Date(signedAt * 1000), body);
    const given = { ...headers, 'webhook-signature': `v2,other ${signature}` };
    expect(verify([generateSecret(), secret], given, body, signedAt)).toBe('verified');
    expect(verify([secret], headers, body, signedAt)).toBe('verified');
  });

  test('refuses a changed body, id, time or secret', () => {
    expect(verify([secret], headers, `${body} `, signedAt)).toBe('wrong signature');
    expect(verify([secret], { ...headers, 'webhook-id': 'msg_2' }, body, signedAt)).toBe('wrong signature');
    expect(verify([secret], { ...headers, 'webhook-timestamp': '1700000001' }, body, signedAt)).toBe('wrong signature');
    expect(verify([generateSecret()], headers, body, signedAt)).toBe('wrong signature');
    expect(verify([], headers, body, signedAt)).toBe('wrong signature');
  });

  test('refuses what was signed too long ago or lies in the future', () => {
    expect(verify([secret], headers, body, signedAt + TOLERANCE_SECONDS)).toBe('verified');
    expect(verify([secret], headers, body, signedAt + TOLERANCE_SECONDS + 1)).toBe('too old');
    expect(verify([secret], headers, body, signedAt - TOLERANCE_SECONDS)).toBe('verified');
    expect(verify([secret], headers, body, signedAt - TOLERANCE_SECONDS - 1)).toBe('from the future');
  });

  test('calls a message with a header missing or unreadable unsigned', () => {
    for (const name of Object.keys(headers))
      expect(verify([secret], { ...headers, [name]: null }, body, signedAt)).toBe('unsigned');
    expect(verify([secret], { ...headers, 'webhook-timestamp': '1e9' }, body, signedAt)).toBe('unsigned');
    expect(verify([secret], { ...headers, 'webhook-signature': 'nonsense' }, body, signedAt)).toBe('wrong signature');
  });
});

describe('a secret', () => {
  test('when generated holds 32 random bytes and reads back', () => {
    const secrets = Array.from({ length: 100 }, generateSecret);
    expect(new Set(secrets).size).toBe(100);
    for (const secret of secrets) expect(readSecret(secret)).toMatchObject({ ok: true, key: { length: 32 } });
  });

  test.each([
    [23, false],
    [24, true],
    [64, true],
    [65, false],
  ])('of %d bytes is accepted: %p', (bytes, isAccepted) => {
    expect(readSecret(`whsec_${Buffer.alloc(bytes, 7).toString('base64')}`).ok).toBe(isAccepted);
  });

  test.each([
    ['without its prefix', Buffer.alloc(32).toString('base64')],
    ['in the alphabet of URLs', `whsec_${Buffer.alloc(32, 255).toString('base64url')}`],
    ['without padding', `whsec_${Buffer.alloc(32, 1).toString('base64').replace('=', '')}`],
    ['with a space in it', `whsec_${Buffer.alloc(24, 1).toString('base64')} `],
    ['that is empty', 'whsec_'],
  ])('%s is refused', (_name, secret) => {
    expect(readSecret(secret).ok).toBe(false);
  });
});
