// Says which URLs and IP addresses a webhook may point at: the pure part of the guard against server-side request forgery.
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

/** What is opened beyond the public internet; made once by `makeAddressPolicy`. */
export type AddressPolicy = { readonly allowed: readonly Network[]; readonly allowLoopback: boolean };

/**
 * `ok`, or a refusal that starts with a stable code: `address_forbidden: a loopback address`, with what to do where something can be
 * done. Never names the address itself.
 */
export type Verdict = { ok: true } | { ok: false; reason: string; advice?: string };

/** A URL that may be called if its address may: `hostname` has no brackets, `host` is the `host` header, `isLiteral` says it is an IP. */
export type WebhookUrl = {
  ok: true;
  isTls: boolean;
  hostname: string;
  host: string;
  port: string;
  pathAndQuery: string;
  isLiteral: boolean;
};

const OK: Verdict = { ok: true };
const URL_CHARACTERS_MAX = 2048;
const ADVICE = 'If this is meant, add its network to ALLOWED_NETWORKS of every server and worker.';
const EXACT_ADVICE = 'If this is meant, add exactly this address to ALLOWED_NETWORKS of every server and worker.';

/** Where clouds hand out credentials: opened only by a network that names exactly this one address (`/32`, `/128`). */
const METADATA = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
]);

/** Ranges that are no receiver at all, or reach an IPv4 address past its own rules: no network opens them. */
const NEVER = new Set(['unspecified', 'broadcast', 'multicast', 'ipv4Mapped', 'rfc6145', '6to4', 'teredo']);

const RANGE_WORDS: Record<string, string> = {
  unspecified: 'an unspecified address',
  broadcast: 'a broadcast address',
  multicast: 'a multicast address',
  loopback: 'a loopback address',
  linkLocal: 'a link-local address',
  carrierGradeNat: 'an address of a carrier-grade NAT',
  private: 'a private address',
  uniqueLocal: 'a private address',
  deprecatedSiteLocal: 'a private address',
  ipv4Mapped: 'an IPv4 address written as IPv6',
  rfc6145: 'a translated IPv4 address',
  rfc6052: 'a translated IPv4 address',
  '6to4': 'a tunnelled IPv4 address',
  teredo: 'a tunnelled IPv4 address',
};

// IANA has handed out only this block as global unicast; what lies outside it includes old forms such as ::127.0.0.1.
const GLOBAL_IPV6: Network = ipaddr.parseCIDR('2000::/3');

/** Reads `ALLOWED_NETWORKS` (CIDR ranges or single addresses). Throws a RangeError naming what it cannot read. */
export function makeAddressPolicy(options: {
  allowedNetworks: readonly string[];
  allowLoopback: boolean;
}): AddressPolicy {
  return { allowed: options.allowedNetworks.map(readNetwork), allowLoopback: options.allowLoopback };
}

function readNetwork(text: string): Network {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text))
    throw new RangeError(`not a network: ${text}`);
  const address = ipaddr.parse(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

/** Judges one resolved address; what is not an IP address in its plain form, without a zone, is refused. */
export function checkAddress(text: string, policy: AddressPolicy): Verdict {
  const isPlain = text.includes(':') ? !text.includes('%') : ipaddr.IPv4.isValidFourPartDecimal(text);
  if (!isPlain || !ipaddr.isValid(text)) return refuse('not an IP address');
  const address = ipaddr.parse(text);
  const range = address.range();
  if (NEVER.has(range)) return refuse(RANGE_WORDS[range]);
  const isMetadata = METADATA.has(address.toString());
  if (isOpened(address, policy, isMetadata)) return range === 'rfc6052' ? checkTranslated(address, policy) : OK;
  if (isMetadata) return refuse('a cloud metadata address', EXACT_ADVICE);
  if (range === 'loopback' && policy.allowLoopback) return OK;
  if (range !== 'unicast') return refuse(RANGE_WORDS[range], ADVICE);
  if (address.kind() === 'ipv6' && !address.match(GLOBAL_IPV6)) return refuse('a reserved address', ADVICE);
  return OK;
}

/** Opening a NAT64 prefix, for hosts that have only IPv6, must not open what is private in the IPv4 world behind it. */
function checkTranslated(address: Address, policy: AddressPolicy): Verdict {
  return checkAddress(address.toByteArray().slice(12).join('.'), policy);
}

function isOpened(address: Address, policy: AddressPolicy, isExact: boolean): boolean {
  return policy.allowed.some(([network, bits]) => {
    if (network.kind() !== address.kind()) return false;
    if (isExact && bits !== (address.kind() === 'ipv4' ? 32 : 128)) return false;
    return address.match([network, bits]);
  });
}

function refuse(words: string | undefined, advice?: string): Verdict {
  const reason = `address_forbidden: ${words ?? 'a reserved address'}`;
  return advice === undefined ? { ok: false, reason } : { ok: false, reason, advice };
}

/**
 * Reads a webhook's URL. The WHATWG parser canonicalises odd spellings (decimal, octal, hexadecimal, short, percent-encoded or
 * full-width IPv4 come out as four decimal parts), so that everything after it sees one form.
 */
export function readWebhookUrl(text: string): WebhookUrl | { ok: false; reason: string } {
  if (text.length > URL_CHARACTERS_MAX) return wrong(`longer than ${URL_CHARACTERS_MAX} characters`);
  if (!URL.canParse(text)) return wrong('not an absolute URL');
  const url = new URL(text);
  const isTls = url.protocol === 'https:';
  if (!isTls && url.protocol !== 'http:') return wrong('only http and https are possible');
  if (url.username !== '' || url.password !== '')
    return wrong('it must carry no user name or password; use a custom header');
  if (url.port === '0') return wrong('port 0 cannot be called');
  const hostname = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  if (hostname.replace(/\.$/, '') === '') return wrong('it names no host');
  return {
    ok: true,
    isTls,
    hostname,
    host: url.host,
    port: url.port,
    pathAndQuery: url.pathname + url.search,
    isLiteral: hostname.includes(':') || ipaddr.IPv4.isValidFourPartDecimal(hostname),
  };
}

function wrong(words: string): { ok: false; reason: string } {
  return { ok: false, reason: `url_invalid: ${words}` };
}

/** What can be said about a URL without asking DNS, for when a webhook is created or changed. */
export function checkUrl(text: string, policy: AddressPolicy): Verdict {
  const url = readWebhookUrl(text);
  if (!url.ok) return url;
  if (url.isLiteral) return checkAddress(url.hostname, policy);
  // Resolvers answer these names with loopback by rule (RFC 6761), so the refusal can be said at once.
  if (!/(^|\.)localhost\.?$/.test(url.hostname)) return OK;
  return checkAddress('127.0.0.1', policy);
}
