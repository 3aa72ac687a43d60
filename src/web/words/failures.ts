// Groups failed deliveries by their cause, with the count and the last example, and says what usually helps.
import type { Delivery } from '../api/types.ts';
import { causeOf, plainError } from './delivery.ts';

export interface FailureGroup {
  cause: string;
  /** `503 from the receiver`, `Nothing listens at the address`. */
  title: string;
  /** What to do, in a sentence. */
  advice: string;
  count: number;
  /** The newest of them. */
  last: Delivery;
}

/** The most frequent cause first. Deliveries come newest first. */
export function groupFailures(deliveries: readonly Delivery[]): FailureGroup[] {
  const groups = new Map<string, FailureGroup>();
  for (const delivery of deliveries) {
    if (delivery.last_status_code === null && delivery.last_error === null) continue;
    const answer = { status_code: delivery.last_status_code, error: delivery.last_error };
    const cause = causeOf(answer);
    const group = groups.get(cause);
    if (group) group.count += 1;
    else groups.set(cause, { cause, title: titleOf(answer), advice: adviceOf(cause), count: 1, last: delivery });
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}

function titleOf({ status_code, error }: { status_code: number | null; error: string | null }): string {
  if (status_code !== null) return `Answered ${status_code}${reasons[status_code] ? ` ${reasons[status_code]}` : ''}`;
  const words = plainError(error);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What the codes are called that receivers answer. */
export const reasons: Record<number, string> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  301: 'Moved Permanently',
  302: 'Found',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

function adviceOf(cause: string): string {
  const status = Number(cause.match(/^http_(\d+)$/)?.[1] ?? Number.NaN);
  if (Number.isNaN(status)) return connectionAdvice[cause] ?? 'Look at the last example for what went wrong.';
  if (status >= 300 && status < 400) return 'Redirects are not followed: set the URL to where it leads.';
  if (status === 401 || status === 403) {
    return 'The receiver does not accept the request: check its secret, and the custom headers.';
  }
  if (status === 404 || status === 405) return 'Nothing takes webhooks at this address: check the URL.';
  if (status === 429) return 'The receiver is asked too often: set a rate limit for this webhook.';
  if (status >= 400 && status < 500)
    return 'The receiver does not understand the message: compare its answer with the body.';
  return 'The receiver has an error of its own: its logs say more. Tocsin goes on trying.';
}

const connectionAdvice: Record<string, string> = {
  timeout: 'The receiver took too long: answer first and work afterwards, or raise the timeout.',
  connection_refused: 'Nothing listens at the address: is the receiver running?',
  connection_closed: 'The receiver hung up: its logs, or those of a proxy before it, say more.',
  host_unreachable: 'There is no route to the receiver: check the network and the firewall.',
  dns_not_found: 'The name is not known: check the URL.',
  address_forbidden: 'The address is private: add its network to ALLOWED_NETWORKS if that is meant.',
  tls_untrusted: 'The certificate is signed by no trusted authority: renew it, or switch its verification off.',
  tls_certificate_expired: 'The certificate is outside its validity: renew it.',
  tls_name_mismatch: 'The certificate is for another name: check the URL.',
};
