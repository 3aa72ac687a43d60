// Knows callers by their credentials, and remembers those that it has verified: a known one costs a request one look-up.
import { LRUCache } from 'lru-cache';
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';
import type { Api } from '../store/api.ts';
import type { Epochs, Tag } from '../store/epochs.ts';
import { API_KEY_PREFIX, hashApiKey } from './api_key.ts';
import { Problem } from './problem.ts';
import { type Role, unauthenticated } from './roles.ts';
import { makeVerifyToken, type TokenConfig, type VerifyToken } from './token.ts';

/** Who calls, and for which tenant. */
export interface Caller {
  tenant_id: number;
  /** The tenant's name. */
  tenant: string;
  /** Whose name stands in `acknowledged_by` and in logs. */
  subject: string;
  role: Role;
  /** Whose requests are counted together, and how many of them are allowed in a window. */
  rateSubject: string;
  rateLimit: number;
  /** Milliseconds since 1970; undefined when the credentials do not end by themselves. */
  expiresAtMs: number | undefined;
}

export interface CredentialsOptions {
  /** Signs the tokens of `tocsin token`, and verifies those with HS256. */
  secretKey: string;
  config: TokenConfig & Pick<Config, 'rateLimit'>;
  calls: Pick<Api['api_keys'], 'find_api_key' | 'touch_api_keys'> & Pick<Api['tenants'], 'get_tenant'>;
  epochs: Epochs;
  log: Log;
}

/** What was verified, until when it holds, and until when it may be used while the database is away. */
interface Known {
  caller: Caller;
  tags: readonly Tag[];
  epoch: number;
  freshUntilMs: number;
  staleUntilMs: number;
  apiKeyId: number | undefined;
}

const KNOWN_MAX = 10_000;
const KNOWN_BYTES_MAX = 16 * 1024 * 1024;
/** Tokens are verified again after this long, so that a public key or tenant that went away counts. */
const TOKEN_MS = 300_000;
/** Revocations are announced; this is for those that no announcement reaches. */
const API_KEY_MS = 5_000;
/** Nobody can revoke anything while the database is away: known callers are then served from memory for this long. */
const AWAY_MS = 60_000;
const TOUCH_MS = 10_000;
/** No sum of epochs: what has it serves the requests that have waited for it, and is looked up again for the next. */
const OUTDATED = -1;

/** One per process. */
export class Credentials {
  readonly #known = new LRUCache<string, Known>({
    max: KNOWN_MAX,
    maxSize: KNOWN_BYTES_MAX,
    sizeCalculation: (_known, header) => header.length + 300,
  });
  /** One verification at a time of the same header. */
  readonly #loading = new Map<string, Promise<Known>>();
  readonly #used = new Set<number>();
  readonly #verifyToken: VerifyToken;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(private readonly o: CredentialsOptions) {
    this.#verifyToken = makeVerifyToken(o.secretKey, o.config);
    this.#timer = setInterval(() => void this.#touch(), TOUCH_MS);
    this.#timer.unref();
  }

  /**
   * The caller of a request, by its header `authorization` and, for the role platform, `x-tenant`.
   * @throws Problem 401 for what is no valid credential, 403 for a tenant or role that does not exist or that may not be chosen
   */
  identify(authorization: string, tenant: string | null): Caller | Promise<Caller> {
    const header = keyOf(authorization, tenant);
    const known = this.#known.get(header);
    return this.#recall(known) ?? this.#verify(header, authorization, tenant, known);
  }

  /** The same for credentials that are known already; undefined for all others, right or wrong. */
  recall(authorization: string, tenant: string | null): Caller | undefined {
    return this.#recall(this.#known.get(keyOf(authorization, tenant)));
  }

  #recall(known: Known | undefined): Caller | undefined {
    if (known === undefined || Date.now() >= known.freshUntilMs || this.#isOutdated(known)) return undefined;
    if (known.apiKeyId !== undefined) this.#used.add(known.apiKeyId);
    return known.caller;
  }

  /**
   * Tells later, whenever it is asked, whether something that these credentials stand on has changed since it was asked last: a
   * key of their tenant, or the tenant. For those who stay connected; to be taken just after `identify`.
   */
  watch(authorization: string, tenant: string | null): () => boolean {
    const known = this.#known.get(keyOf(authorization, tenant));
    let epoch = known?.epoch;
    return () => {
      const before = epoch;
      epoch = known && this.o.epochs.sum(known.tags);
      return epoch !== before;
    };
  }

  /** After an API key of this tenant was revoked here: without waiting for its announcement. */
  forgetApiKeys(tenantId: number): void {
    this.o.epochs.bump(`${tenantId}:api_keys`);
  }

  /** The same after a tenant was deleted here, for all who act in it. */
  forgetTenant(tenantId: number): void {
    this.forgetApiKeys(tenantId);
    this.o.epochs.bump(`${tenantId}:tenants`);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#touch();
  }

  async #verify(
    header: string,
    authorization: string,
    tenant: string | null,
    before: Known | undefined,
  ): Promise<Caller> {
    let loading = this.#loading.get(header);
    if (loading === undefined) {
      loading = this.#load(authorization, tenant).finally(() => this.#loading.delete(header));
      this.#loading.set(header, loading);
    }
    try {
      const known = await loading;
      this.#known.set(header, known);
      if (known.apiKeyId !== undefined) this.#used.add(known.apiKeyId);
      return known.caller;
    } catch (error) {
      const mayServe = before !== undefined && Date.now() < before.staleUntilMs && !this.#isOutdated(before);
      if (!(error instanceof Problem) && mayServe) return before.caller;
      this.#known.delete(header);
      throw error;
    }
  }

  #isOutdated({ tags, epoch }: Known): boolean {
    return this.o.epochs.sum(tags) !== epoch;
  }

  async #load(authorization: string, tenant: string | null): Promise<Known> {
    const [, text = ''] = /^bearer +([\w.~+/=-]+) *$/i.exec(authorization) ?? [];
    const askedAtMs = Date.now();
    if (text === '') throw unauthenticated('Credentials must be sent as Bearer, followed by a token or an API key.');
    const known = text.startsWith(API_KEY_PREFIX)
      ? await this.#loadApiKey(text, askedAtMs)
      : await this.#loadToken(text, askedAtMs);
    return tenant === null || tenant === known.caller.tenant
      ? known
      : await this.#switchTenant(known, tenant, askedAtMs);
  }

  async #loadApiKey(text: string, askedAtMs: number): Promise<Known> {
    const p_key_hash = hashApiKey(text);
    const row = p_key_hash === undefined ? null : await this.o.calls.find_api_key({ p_key_hash });
    if (row === null)
      throw unauthenticated('The API key is not valid, or it was revoked or has expired.', 'invalid_token');
    const { api_key_id, tenant_id, tenant, subject, role, rate_limit, expires_at } = row;
    const expiresAtMs = expires_at === null ? undefined : Date.parse(expires_at);
    const rateSubject = `${tenant_id}:${subject}`;
    const rateLimit = rate_limit ?? this.o.config.rateLimit;
    const caller: Caller = { tenant_id, tenant, subject, role, rateSubject, rateLimit, expiresAtMs };
    return this.#remember(caller, [`${tenant_id}:api_keys`], askedAtMs, API_KEY_MS, api_key_id);
  }

  async #loadToken(text: string, askedAtMs: number): Promise<Known> {
    const claims = await this.#verifyToken(text);
    if ('fault' in claims) {
      if (claims.fault === 'role')
        throw new Problem('PERMISSION_DENIED', 'The role that the token claims does not exist.');
      const detail = claims.fault === 'expired' ? 'The token has expired.' : 'The token is not valid.';
      throw unauthenticated(detail, 'invalid_token');
    }
    const { subject, tenant, role, expiresAtMs } = claims;
    const row = await this.o.calls.get_tenant({ p_name: tenant });
    if (row === null) throw new Problem('PERMISSION_DENIED', 'The tenant that the token claims does not exist.');
    const rateSubject = `${row.id}:user:${subject}`;
    const { rateLimit } = this.o.config;
    const caller: Caller = { tenant_id: row.id, tenant, subject, role, rateSubject, rateLimit, expiresAtMs };
    return this.#remember(caller, [`${row.id}:tenants`], askedAtMs, TOKEN_MS);
  }

  async #switchTenant(known: Known, tenant: string, askedAtMs: number): Promise<Known> {
    const { caller, tags } = known;
    if (caller.role !== 'platform') {
      throw new Problem('PERMISSION_DENIED', 'Only the role platform may act in another tenant by x-tenant.');
    }
    const row = await this.o.calls.get_tenant({ p_name: tenant });
    if (row === null) throw new Problem('PERMISSION_DENIED', 'There is no tenant of the name in x-tenant.');
    const switched = { ...caller, tenant_id: row.id, tenant };
    return this.#remember(switched, [...tags, `${row.id}:tenants`], askedAtMs, API_KEY_MS, known.apiKeyId);
  }

  /** @param askedAtMs from before what this caller stands on was looked up: what changed since may not be in it */
  #remember(caller: Caller, tags: readonly Tag[], askedAtMs: number, freshMs: number, apiKeyId?: number): Known {
    const now = Date.now();
    const endMs = caller.expiresAtMs ?? Number.POSITIVE_INFINITY;
    const freshUntilMs = Math.min(now + freshMs, endMs);
    const staleUntilMs = Math.min(now + freshMs + AWAY_MS, endMs);
    // In this order: a change makes its time known before its count.
    const sum = this.o.epochs.sum(tags);
    const epoch = this.o.epochs.changedAt(tags) >= askedAtMs ? OUTDATED : sum;
    return { caller, tags, epoch, freshUntilMs, staleUntilMs, apiKeyId };
  }

  /** Which keys were used is written together every few seconds, never by a request. */
  async #touch(): Promise<void> {
    if (this.#used.size === 0) return;
    const p_api_key_ids = [...this.#used];
    this.#used.clear();
    try {
      await this.o.calls.touch_api_keys({ p_api_key_ids });
    } catch (error) {
      this.o.log.debug('could not note which API keys were used', { error });
    }
  }
}

/** No header begins with a line feed, so none can be taken for such a pair. */
function keyOf(authorization: string, tenant: string | null): string {
  return tenant === null ? authorization : `\n${tenant}\n${authorization}`;
}
