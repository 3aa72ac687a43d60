// A host name is resolved, judged as a whole, pinned and remembered for a moment.
import { describe, expect, test } from 'bun:test';
import { type Lookup, makeResolver } from '../../src/delivery/address.ts';
import { makeAddressPolicy } from '../../src/store/address_rules.ts';
import { until } from '../support/wait.ts';

const strict = makeAddressPolicy({ allowedNetworks: [], allowLoopback: false });
const developer = makeAddressPolicy({ allowedNetworks: [], allowLoopback: true });
const name = 'https://hooks.example.com/in?x=1';

function answering(...addresses: string[]): Lookup {
  return async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
}

describe('a host name', () => {
  test('leads to the first address, IPv4 first, with the rest in reserve', async () => {
    const resolve = makeResolver({ policy: strict, lookup: answering('2606:4700::1', '8.8.8.8', '8.8.4.4') });
    expect(await resolve('https://hooks.example.com:8443/in?x=1')).toEqual({
      ok: true,
      isTls: true,
      hostname: 'hooks.example.com',
      host: 'hooks.example.com:8443',
      port: '8443',
      pathAndQuery: '/in?x=1',
      addresses: ['8.8.8.8', '8.8.4.4', '2606:4700::1'],
    });
  });

  test.each([
    [['8.8.8.8', '10.0.0.1']],
    [['10.0.0.1', '8.8.8.8']],
    [['8.8.8.8', '::1']],
    [['2606:4700::1', '::ffff:127.0.0.1']],
    [['8.8.8.8', '8.8.4.4', '1.1.1.1', '1.0.0.1', '9.9.9.9', '127.0.0.1']],
    [['8.8.8.8', 'fe80::1%eth0']],
    [['not an address']],
    [['0x8.8.8.8']],
  ])('is refused as a whole when it answers %j', async (addresses) => {
    const resolve = makeResolver({ policy: strict, lookup: answering(...addresses) });
    expect(await resolve(name)).toMatchObject({ ok: false, reason: expect.stringMatching(/^address_forbidden: /) });
  });

  test('that does not exist, fails or answers nothing is said apart', async () => {
    const failing =
      (code: string): Lookup =>
      async () =>
        Promise.reject(Object.assign(new Error('internal'), { code }));
    const reason = async (lookup: Lookup) =>
      (await makeResolver({ policy: strict, lookup })(name)) as { reason: string };
    expect(await reason(failing('ENOTFOUND'))).toEqual({
      ok: false,
      reason: 'dns_not_found: the host name does not exist',
    } as never);
    expect((await reason(failing('ESERVFAIL'))).reason).toStartWith('dns_failed: ');
    expect((await reason(answering())).reason).toStartWith('dns_not_found: ');
  });

  test('that is never answered is given up on', async () => {
    const resolve = makeResolver({ policy: strict, lookup: () => new Promise(() => undefined), lookupTimeoutMs: 20 });
    expect(await resolve(name)).toEqual({
      ok: false,
      reason: 'dns_timeout: no answer about the host name within 20 ms',
    });
  });

  test('is looked up once while the answer is awaited or fresh, and again when it is stale', async () => {
    let asked = 0;
    const answer = Promise.withResolvers<{ address: string; family: number }[]>();
    const lookup: Lookup = () => {
      asked++;
      return answer.promise;
    };
    const resolve = makeResolver({ policy: strict, lookup, ttlMs: 40 });
    const both = Promise.all([resolve(name), resolve('http://hooks.example.com/other')]);
    answer.resolve([{ address: '8.8.8.8', family: 4 }]);
    expect((await both).map((target) => target.ok)).toEqual([true, true]);
    await resolve(name);
    expect(asked).toBe(1);
    await until(async () => (await resolve(name)).ok && asked === 2);
  });

  test('that is rebound to loopback after the check is refused at the next look', async () => {
    const answers = ['8.8.8.8', '127.0.0.1'];
    const lookup: Lookup = async () => [{ address: answers.shift() as string, family: 4 }];
    const resolve = makeResolver({ policy: strict, lookup, ttlMs: 1 });
    expect((await resolve(name)).ok).toBe(true);
    const refused = await until(async () => {
      const target = await resolve(name);
      return target.ok ? null : target.reason;
    });
    expect(refused).toBe('address_forbidden: a loopback address');
  });

  test('localhost itself resolves by the system', async () => {
    expect(await makeResolver({ policy: developer })('http://localhost:9000/')).toMatchObject({
      ok: true,
      port: '9000',
    });
    expect((await makeResolver({ policy: strict })('http://localhost:9000/')).ok).toBe(false);
  });

  test('an IP address in the URL asks no DNS', async () => {
    const lookup: Lookup = () => Promise.reject(new Error('asked'));
    const resolve = makeResolver({ policy: strict, lookup });
    expect(await resolve('http://134744072/')).toMatchObject({ ok: true, addresses: ['8.8.8.8'], hostname: '8.8.8.8' });
    expect(await resolve('http://[2606:4700::1]/')).toMatchObject({ ok: true, addresses: ['2606:4700::1'] });
    expect((await resolve('http://10.0.0.1/')).ok).toBe(false);
  });
});
