// Makes signed requests for tests of the sender, and sends them.
import type { Target } from '../../src/delivery/address.ts';
import { type SendRequest, type SendResult, send } from '../../src/delivery/send.ts';
import { sign } from '../../src/delivery/sign.ts';
import type { Behaviour, ReceivedRequest, Receiver } from './receiver.ts';

/** The secret that signs them. */
export const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** A target at loopback under any host name. */
export function makeTarget(url: string, addresses = ['127.0.0.1']): Target {
  const { protocol, hostname, host, port, pathname, search } = new URL(url);
  const parts = { isTls: protocol === 'https:', hostname, host, port, pathAndQuery: pathname + search };
  return { ok: true, ...parts, addresses };
}

/** A signed request to a URL; `body` is signed as it is. */
export function makeRequest(url: string, changes: Partial<SendRequest> = {}): SendRequest {
  const body = changes.body ?? '{"type":"test","data":{"message":"ü 漢 🚨"}}';
  const signedHeaders = sign([SECRET], 'msg_1', Math.floor(Date.now() / 1000), body);
  return { target: makeTarget(url), body, signedHeaders, timeoutMs: 5000, isTlsVerified: true, ...changes };
}

/** What became of a send in a word or two: `status 204`, `timeout timeout`, `connection connection_refused`. */
export function wordOf(result: SendResult): string {
  return 'error' in result ? `${result.kind} ${result.error.split(':')[0]}` : `status ${result.statusCode}`;
}

let paths = 0;

/** Sends to a path of its own that does as told, and gives what the receiver saw too. */
export async function sendTo(
  receiver: Receiver,
  behaviour: Behaviour | Behaviour[],
  changes: Partial<SendRequest> = {},
): Promise<{ result: SendResult; seen: ReceivedRequest[] }> {
  const path = `/${++paths}`;
  receiver.on(path, behaviour);
  const result = await send(makeRequest(receiver.url + path, changes));
  return { result, seen: receiver.requests.filter((each) => each.path === path) };
}
