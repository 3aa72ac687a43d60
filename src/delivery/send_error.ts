// Maps what sockets fail with to a closed set of stable codes with plain words, so that no internals reach the log.
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';

/** A failure without an answer; `error` is a code and plain words, as in `connection_refused: nothing listens at the address`. */
export type SendFailure = { kind: 'timeout' | 'connection' | 'tls'; error: string };

const REFUSED = failure('connection', 'connection_refused', 'nothing listens at the address');
const CLOSED = failure('connection', 'connection_closed', 'the receiver hung up before it had answered in full');
const UNHEARD: SendFailure = { ...CLOSED };
const UNMADE = failure('timeout', 'timeout', 'the connection could not be made in time');
const UNREACHABLE = failure('connection', 'host_unreachable', 'there is no route to the address');
const LOCAL_LIMIT = failure('connection', 'local_limit', 'this machine has no socket left for the connection');
const MALFORMED = failure('connection', 'malformed_answer', 'the receiver did not answer in valid HTTP');
const INVALID = failure('connection', 'request_invalid', 'a custom header holds characters that HTTP does not allow');
const OTHER = failure('connection', 'connection_failed', 'the connection failed');
const TLS_NAME = failure('tls', 'tls_name_mismatch', 'the certificate is for another host name');
const TLS_EXPIRED = failure('tls', 'tls_certificate_expired', 'the certificate is outside the time of its validity');
const TLS_UNTRUSTED = failure('tls', 'tls_untrusted', 'the certificate is not signed by a trusted authority');
const TLS_HANDSHAKE = failure('tls', 'tls_handshake_failed', 'no TLS connection could be agreed on');

const FAILURES: Record<string, SendFailure> = {
  ECONNREFUSED: REFUSED,
  ECONNRESET: CLOSED,
  EPIPE: CLOSED,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  ETIMEDOUT: { ...UNMADE },
  EADDRNOTAVAIL: LOCAL_LIMIT,
  EMFILE: LOCAL_LIMIT,
  ENFILE: LOCAL_LIMIT,
  ENOBUFS: LOCAL_LIMIT,
  ERR_TLS_CERT_ALTNAME_INVALID: TLS_NAME,
  HOSTNAME_MISMATCH: TLS_NAME,
  CERT_HAS_EXPIRED: TLS_EXPIRED,
  CERT_NOT_YET_VALID: TLS_EXPIRED,
  DEPTH_ZERO_SELF_SIGNED_CERT: TLS_UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: TLS_UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: TLS_UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: TLS_UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: TLS_UNTRUSTED,
  INVALID_PURPOSE: TLS_UNTRUSTED,
  INVALID_CA: TLS_UNTRUSTED,
  CERT_UNTRUSTED: TLS_UNTRUSTED,
  CERT_REJECTED: TLS_UNTRUSTED,
  CERT_REVOKED: TLS_UNTRUSTED,
  CERT_SIGNATURE_FAILURE: TLS_UNTRUSTED,
  CERT_CHAIN_TOO_LONG: TLS_UNTRUSTED,
  EPROTO: TLS_HANDSHAKE,
};

/** Whatever a socket failed with; what is not known is `connection_failed`, never its own text. */
export function failureOf(thrown: unknown): SendFailure {
  const { code } = (thrown ?? {}) as { code?: unknown };
  if (typeof code !== 'string') return OTHER;
  if (code === 'ECONNREFUSED' && isWithoutFiles()) return LOCAL_LIMIT;
  return FAILURES[code] ?? (code.startsWith('ERR_SSL_') ? TLS_HANDSHAKE : OTHER);
}

/** Bun says `ECONNREFUSED` as well of a socket that it could not make: what fails here must not count against a receiver. */
function isWithoutFiles(): boolean {
  try {
    closeSync(openSync(devNull, 'r'));
    return false;
  } catch (error) {
    return ['EMFILE', 'ENFILE'].includes((error as { code?: string }).code ?? '');
  }
}

/** The connection ended before the answer was complete. */
export function closedEarly(): SendFailure {
  return CLOSED;
}

/** The connection had served before, and ended without a byte of an answer: likely it was closed for being idle. */
export function closedUnheard(): SendFailure {
  return UNHEARD;
}

/** The request would not be valid HTTP. */
export function invalidRequest(): SendFailure {
  return INVALID;
}

/** The deadline has passed; `isAnswering` says that the status had already come. */
export function lateFailure(timeoutMs: number, isAnswering: boolean): SendFailure {
  const words = isAnswering ? 'the answer had begun but was not complete' : 'there was no answer';
  return failure('timeout', 'timeout', `${words} within ${timeoutMs} ms`);
}

/** The connection was not made while there was time left for another address. */
export function unconnectedLate(): SendFailure {
  return UNMADE;
}

/** What came is no answer in HTTP. */
export function malformedAnswer(): SendFailure {
  return MALFORMED;
}

/** True when no byte of the request was sent, certainly or by all appearance, so that another connection may be tried at once. */
export function isUnsent(failed: SendFailure): boolean {
  return failed === UNHEARD || failed === REFUSED || failed === UNREACHABLE || failed === UNMADE;
}

function failure(kind: SendFailure['kind'], code: string, words: string): SendFailure {
  return { kind, error: `${code}: ${words}` };
}
