// Which URLs and addresses a webhook may point at, in every spelling that some client understands.
import { describe, expect, test } from 'bun:test';
import { checkAddress, checkUrl, makeAddressPolicy, readWebhookUrl } from '../../src/store/address_rules.ts';

const strict = makeAddressPolicy({ allowedNetworks: [], allowLoopback: false });
const developer = makeAddressPolicy({ allowedNetworks: [], allowLoopback: true });

const FORBIDDEN_URLS = [
  // loopback, in every spelling that some client understands
  'http://127.0.0.1/',
  'http://127.0.0.2:8080/',
  'http://127.255.255.254/',
  'http://127.1/',
  'http://127.0.1/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0x7f.0.0.1/',
  'http://0x7F.1/',
  'http://017700000001/',
  'http://0177.0.0.01/',
  'http://0000177.0000.0.1/',
  'http://127.0.0.1./',
  'http://%31%32%37.0.0.1/',
  'http://127%2e0%2e0%2e1/',
  'http://①②⑦.0.0.1/',
  'http://127。0。0。1/',
  'http://１２７.0.0.1/',
  'http:\\\\127.0.0.1\\x',
  'http:127.0.0.1',
  'HTTP://LOCALHOST/',
  'http://localhost./',
  'http://api.localhost/',
  'http://loc%61lhost/',
  'http://[::1]/',
  'http://[0:0:0:0:0:0:0:1]:80/',
  'http://[0000::0001]/',
  // unspecified
  'http://0.0.0.0/',
  'http://0/',
  'http://0.1.2.3/',
  'http://[::]/',
  // private, shared, link-local
  'http://10.0.0.1/',
  'http://10.255.255.255/',
  'http://167772161/',
  'http://172.16.0.1/',
  'http://172.31.255.255/',
  'http://192.168.1.1/',
  'http://192.168.257/',
  'http://100.64.0.1/',
  'http://100.127.255.255/',
  'http://169.254.1.1/',
  'http://[fe80::1]/',
  'http://[febf::1]/',
  'http://[fec0::1]/',
  'http://[fc00::1]/',
  'http://[fdff::1]/',
  // metadata
  'http://169.254.169.254/latest/meta-data/',
  'http://2852039166/',
  'http://0xa9fea9fe/',
  'http://0251.0376.0251.0376/',
  'http://169.254.170.2/',
  'http://100.100.100.200/',
  'http://168.63.129.16/',
  'http://192.0.0.192/',
  'http://[fd00:ec2::254]/',
  'http://[fd20:ce::254]/',
  // multicast, broadcast, reserved, documentation, benchmarking
  'http://224.0.0.1/',
  'http://239.255.255.255/',
  'http://255.255.255.255/',
  'http://240.0.0.1/',
  'http://192.0.0.1/',
  'http://192.0.2.1/',
  'http://198.51.100.1/',
  'http://203.0.113.1/',
  'http://198.18.0.1/',
  'http://198.19.255.255/',
  'http://192.88.99.1/',
  'http://[ff02::1]/',
  'http://[2001:db8::1]/',
  'http://[3fff::1]/',
  'http://[2001:2::1]/',
  'http://[100::1]/',
  'http://[5f00::1]/',
  'http://[4000::1]/',
  // IPv4 inside IPv6
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:8.8.8.8]/',
  'http://[::ffff:7f00:1]/',
  'http://[0:0:0:0:0:ffff:169.254.169.254]/',
  'http://[::127.0.0.1]/',
  'http://[::ffff:0:127.0.0.1]/',
  'http://[64:ff9b::127.0.0.1]/',
  'http://[64:ff9b::8.8.8.8]/',
  'http://[64:ff9b:1::10.0.0.1]/',
  'http://[2002:7f00:1::]/',
  'http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/',
];

const UNREADABLE_URLS = [
  '',
  'hooks.example.com',
  '/relative',
  'ftp://example.com/',
  'file:///etc/passwd',
  'gopher://example.com/',
  'javascript:alert(1)',
  'unix:/var/run/docker.sock',
  'http://',
  'http://./',
  'http://user@example.com/',
  'http://user:secret@example.com/',
  'http://:secret@example.com/',
  'http://example.com:0/',
  'http://example.com:65536/',
  'http://1.2.3.4.5/',
  'http://256.1.1.1/',
  'http://0x100000000/',
  'http://[fe80::1%25eth0]/',
  'http://[fe80::1%eth0]/',
  'http://[::1/',
  'http://ex%00ample.com/',
  'http://exa mple.com/',
  `http://example.com/${'a'.repeat(2048)}`,
];

const PERMITTED_URLS = [
  'http://8.8.8.8/',
  'https://93.184.216.34:8443/a?b=c',
  'http://134744072/',
  'http://172.15.255.255/',
  'http://172.32.0.1/',
  'http://100.63.255.255/',
  'http://100.128.0.1/',
  'http://169.253.1.1/',
  'http://223.255.255.254/',
  'http://[2606:4700::1111]/',
  'http://[2a00:1450:4001:830::200e]:8080/',
  'https://hooks.example.com/in',
  'https://hooks.example.com.',
  'https://bücher.example/',
  'https://localhost.example.com/',
];

describe('a URL, before DNS is asked', () => {
  test.each(FORBIDDEN_URLS)('%s is forbidden', (url) => {
    const verdict = checkUrl(url, strict);
    expect(verdict).toMatchObject({ ok: false, reason: expect.stringMatching(/^address_forbidden: /) });
  });

  test('of this machine is refused with the setting that would allow it', () => {
    for (const url of ['http://127.0.0.1:9000/', 'http://localhost/', 'http://[::1]/'])
      expect(checkUrl(url, strict)).toMatchObject({ advice: expect.stringContaining('ALLOWED_NETWORKS') });
    const opened = makeAddressPolicy({ allowedNetworks: ['127.0.0.0/8'], allowLoopback: false });
    expect(checkUrl('http://127.0.0.1:9000/', opened)).toEqual({ ok: true });
  });

  test.each(UNREADABLE_URLS)('%s is not a webhook URL', (url) => {
    const verdict = checkUrl(url, strict);
    expect(verdict).toMatchObject({ ok: false, reason: expect.stringMatching(/^url_invalid: /) });
  });

  test.each(PERMITTED_URLS)('%s is permitted', (url) => {
    expect(checkUrl(url, strict)).toEqual({ ok: true });
  });

  test('a refusal repeats neither the address nor the password', () => {
    expect(JSON.stringify(checkUrl('http://10.11.12.13/', strict))).not.toContain('10.11');
    expect(JSON.stringify(checkUrl('http://user:hunter2@example.com/', strict))).not.toContain('hunter2');
  });

  test('its parts come out canonical', () => {
    expect(readWebhookUrl('HTTPS://B%C3%BCcher.Example:8443/a b?c=d#e')).toEqual({
      ok: true,
      isTls: true,
      hostname: 'xn--bcher-kva.example',
      host: 'xn--bcher-kva.example:8443',
      port: '8443',
      pathAndQuery: '/a%20b?c=d',
      isLiteral: false,
    });
  });
});

describe('what an operator opens', () => {
  test('development allows loopback and nothing more', () => {
    for (const url of [
      'http://127.0.0.1/',
      'http://127.9.9.9/',
      'http://[::1]/',
      'http://localhost/',
      'http://a.localhost/',
    ])
      expect(checkUrl(url, developer)).toEqual({ ok: true });
    for (const url of ['http://0.0.0.0/', 'http://[::]/', 'http://10.0.0.1/', 'http://[::ffff:127.0.0.1]/'])
      expect(checkUrl(url, developer).ok).toBe(false);
  });

  test('a network opens its addresses and no neighbours', () => {
    const policy = makeAddressPolicy({
      allowedNetworks: ['10.1.0.0/16', 'fd12::/16', '192.168.7.7'],
      allowLoopback: false,
    });
    for (const address of ['10.1.0.1', '10.1.255.255', 'fd12:1::1', '192.168.7.7'])
      expect(checkAddress(address, policy)).toEqual({ ok: true });
    for (const address of ['10.2.0.1', '10.0.255.255', 'fd13::1', '192.168.7.8', '127.0.0.1', '::ffff:10.1.0.1'])
      expect(checkAddress(address, policy).ok).toBe(false);
  });

  test('a wide network does not open the metadata service; its exact address does', () => {
    const wide = makeAddressPolicy({ allowedNetworks: ['0.0.0.0/0', '::/0'], allowLoopback: true });
    for (const address of [
      '169.254.169.254',
      '168.63.129.16',
      'fd00:ec2::254',
      '::ffff:169.254.169.254',
      '0.0.0.0',
      '224.0.0.1',
    ])
      expect(checkAddress(address, wide).ok).toBe(false);
    expect(checkAddress('169.254.1.1', wide)).toEqual({ ok: true });
    const exact = makeAddressPolicy({ allowedNetworks: ['169.254.169.254/32'], allowLoopback: false });
    expect(checkAddress('169.254.169.254', exact)).toEqual({ ok: true });
  });

  test('a NAT64 prefix opens only the public addresses behind it', () => {
    const policy = makeAddressPolicy({ allowedNetworks: ['64:ff9b::/96'], allowLoopback: false });
    expect(checkAddress('64:ff9b::8.8.8.8', policy)).toEqual({ ok: true });
    for (const address of ['64:ff9b::10.0.0.1', '64:ff9b::169.254.169.254', '64:ff9b::127.0.0.1'])
      expect(checkAddress(address, policy).ok).toBe(false);
  });

  test.each(['10.0.0.0/33', '10.0.0', 'ten', '', 'fd00::/129', '10.0.0.0/-1'])('"%s" is not a network', (text) => {
    expect(() => makeAddressPolicy({ allowedNetworks: [text], allowLoopback: false })).toThrow(RangeError);
  });
});
