// The demo receiver verifies as a real one should, and says in one line what it got.
import { afterEach, describe, expect, test } from 'bun:test';
import { DEMO_SECRET, type DemoReceiver, startDemoReceiver } from '../../src/delivery/demo_receiver.ts';
import { send } from '../../src/delivery/send.ts';
import { sign } from '../../src/delivery/sign.ts';
import { generateSecret, readSecret } from '../../src/store/secrets.ts';
import { makeTarget } from '../support/send_request.ts';

let receiver: DemoReceiver | undefined;
const lines: string[] = [];

afterEach(async () => {
  await receiver?.stop();
  lines.length = 0;
});

function start(secrets?: string[]): DemoReceiver {
  receiver = startDemoReceiver({ port: 0, log: (line) => lines.push(line), ...(secrets ? { secrets } : {}) });
  return receiver;
}

async function deliver(url: string, body: string, secret = DEMO_SECRET, at = Date.now()): Promise<number> {
  const signedHeaders = sign([secret], 'msg_7', Math.floor(at / 1000), body);
  const result = await send({ target: makeTarget(url), body, signedHeaders, timeoutMs: 5000, isTlsVerified: true });
  return result.kind === 'response' ? result.statusCode : 0;
}

const body = JSON.stringify({ type: 'order.created', data: { severity: 'CRITICAL', message: 'Disk full: ü 漢' } });

describe('the demo receiver', () => {
  test('answers 204 to what its public secret signed, and prints type, severity, message and id', async () => {
    const { url, received } = start();
    expect(await deliver(url, body)).toBe(204);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /^\d\d:\d\d:\d\d {2}verified {2}order\.created {2}CRITICAL {2}Disk full: ü 漢 {2}\(webhook-id msg_7\)$/,
    );
    expect(received).toEqual([{ webhookId: 'msg_7', verdict: 'verified', body }]);
  });

  test('listens on loopback only', () => {
    expect(new URL(start().url).hostname).toBe('127.0.0.1');
  });

  test('answers 401 to what another secret signed, or was signed too long ago', async () => {
    const { url } = start();
    expect(await deliver(url, body, generateSecret())).toBe(401);
    expect(await deliver(url, body, DEMO_SECRET, Date.now() - 3_600_000)).toBe(401);
    expect(lines[0]).toEndWith('  refused: wrong signature  (webhook-id msg_7)');
    expect(lines[1]).toEndWith('  refused: too old  (webhook-id msg_7)');
    expect(lines.join()).not.toContain('Disk');
  });

  test('answers 401 to what is not signed and 405 to what is no POST', async () => {
    const { url } = start();
    expect((await fetch(url, { method: 'POST', body })).status).toBe(401);
    expect((await fetch(url)).status).toBe(405);
    expect(lines).toEqual([expect.stringMatching(/refused: unsigned {2}\(webhook-id missing\)$/)]);
  });

  test('accepts any of the secrets that it was given, and no longer the public one', async () => {
    const secrets = [generateSecret(), generateSecret()];
    const { url } = start(secrets);
    for (const secret of secrets) expect(await deliver(url, body, secret)).toBe(204);
    expect(await deliver(url, body)).toBe(401);
  });

  test('prints bodies of another form in one line, without what would steer a terminal', async () => {
    const { url } = start();
    await deliver(url, '{"text":"for Slack"}');
    await deliver(url, 'not JSON\n\u001b[2J\u202e');
    await deliver(url, 'null');
    expect(lines[0]).toContain('{"text":"for Slack"}');
    expect(lines[1]).toContain('not JSON  [2J  ');
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  test('refuses to start with what is no secret', () => {
    expect(() => startDemoReceiver({ port: 0, secrets: ['hunter2'], log: () => undefined })).toThrow(RangeError);
  });

  test('has a public secret that is valid and says what it is', () => {
    const read = readSecret(DEMO_SECRET);
    expect(read.ok && Buffer.from(read.key).toString()).toBe('tocsin-demo-receiver-secret-0001');
  });
});
