// Resolves where a webhook's URL leads and pins the address, so that what was checked is what is connected to.
import { lookup as lookupSystem } from 'node:dns/promises';
import { LRUCache } from 'lru-cache';
import { type AddressPolicy, checkAddress, readWebhookUrl } from '../store/address_rules.ts';

/**
 * A place to POST to. `addresses` are all permitted, IPv4 first; the later ones serve when the earlier let no connection be made, or
 * when a connection to one of them is there already.
 */
export type Target = {
  ok: true;
  isTls: boolean;
  /** Without brackets; also the name that the certificate must carry. */
  hostname: string;
  /** The `host` header: name, and port unless it is the scheme's own. */
  host: string;
  port: string;
  pathAndQuery: string;
  addresses: readonly string[];
};

/** Why a URL is not called: a stable code and plain words, as in `dns_not_found: the host name does not exist`. */
export type Refusal = { ok: false; reason: string };

/** Like `dns.lookup` with `all`: every address of a name, or a rejection with a `code`. */
export type Lookup = (hostname: string) => Promise<readonly { address: string; family: number }[]>;

export type ResolveOptions = { policy: AddressPolicy; lookup?: Lookup; lookupTimeoutMs?: number; ttlMs?: number };

type Answer = { ok: true; addresses: readonly string[] } | Refusal;

const CACHE_ENTRIES_MAX = 10_000;
const ADDRESSES_MAX = 4;
/** How often the cache looks at the clock: each look sets a timer. */
const TTL_RESOLUTION_MS = 50;

/**
 * Makes the resolver of one worker: its answers are kept for `ttlMs` (5 s) and shared by all who ask meanwhile.
 * A name with even one forbidden address is refused as a whole: which one a client would pick is the attacker's choice.
 */
export function makeResolver(options: ResolveOptions): (url: string) => Promise<Target | Refusal> {
  const limits = { max: CACHE_ENTRIES_MAX, ttl: options.ttlMs ?? 5000, ttlResolution: TTL_RESOLUTION_MS };
  const answers = new LRUCache<string, Promise<Answer>>(limits);
  const targets = new LRUCache<string, Promise<Target | Refusal>>(limits);
  return function resolveTarget(url) {
    const known = targets.get(url);
    if (known !== undefined) return known;
    const target = find(url);
    targets.set(url, target);
    return target;
  };

  async function find(url: string): Promise<Target | Refusal> {
    const read = readWebhookUrl(url);
    if (!read.ok) return read;
    let pending = answers.get(read.hostname);
    if (pending === undefined) {
      pending = read.isLiteral ? Promise.resolve(judge([read.hostname], options.policy)) : ask(read.hostname, options);
      answers.set(read.hostname, pending);
    }
    const answer = await pending;
    if (!answer.ok) return answer;
    const { isTls, hostname, host, port, pathAndQuery } = read;
    return { ok: true, isTls, hostname, host, port, pathAndQuery, addresses: answer.addresses };
  }
}

function judge(addresses: readonly string[], policy: AddressPolicy): Answer {
  for (const address of addresses) {
    const verdict = checkAddress(address, policy);
    if (!verdict.ok) return verdict;
  }
  // Many hosts that run workers have no route for IPv6, while few receivers have only IPv6.
  const ordered = addresses.toSorted((a, b) => Number(a.includes(':')) - Number(b.includes(':')));
  return { ok: true, addresses: ordered.slice(0, ADDRESSES_MAX) };
}

async function ask(hostname: string, options: ResolveOptions): Promise<Answer> {
  const timeoutMs = options.lookupTimeoutMs ?? 5000;
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(late.resolve, timeoutMs, null);
  try {
    const found = await Promise.race([(options.lookup ?? lookupAll)(hostname), late.promise]);
    if (found === null) return refuse('dns_timeout', `no answer about the host name within ${timeoutMs} ms`);
    if (found.length === 0) return refuse('dns_not_found', 'the host name has no address');
    return judge(
      found.map((each) => each.address),
      options.policy,
    );
  } catch (error) {
    const isUnknown = ['ENOTFOUND', 'ENODATA', 'ENONAME'].includes((error as { code?: string }).code ?? '');
    if (isUnknown) return refuse('dns_not_found', 'the host name does not exist');
    return refuse('dns_failed', 'the host name could not be resolved');
  } finally {
    clearTimeout(timer);
  }
}

function refuse(code: string, words: string): Refusal {
  return { ok: false, reason: `${code}: ${words}` };
}

function lookupAll(hostname: string): Promise<readonly { address: string; family: number }[]> {
  return lookupSystem(hostname, { all: true });
}
