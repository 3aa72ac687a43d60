// Which reads are answered from the cache, what each depends on, how old it may be, and what a write puts out of date.
import type { ReadOptions } from '../store/cache.ts';
import type { Tag } from '../store/epochs.ts';
import { HEALTH_TAG } from '../store/invalidate.ts';

/** What reads of a noun depend on, and for how long they hold although nothing was announced. */
export interface Rule extends ReadOptions {
  /** Nouns of the caller's tenant: a write to one of them, through whichever process, counts at once. */
  nouns: readonly string[];
  isHealth?: boolean;
}

const PREFIX = '/api/v1/';
const TENANTS_MAX = 10_000;

/**
 * Settings are announced exactly, health once a second. Figures that move with every delivery are not announced at all: they
 * may be as old as this. What each answer depends on begins with its own noun, so that a noun can be dropped.
 */
const rules = new Map<string, Rule>([
  ['webhooks', { nouns: ['webhooks', 'deliveries'], isHealth: true, ttlMs: 2_000 }],
  ['alerts', { nouns: ['alerts', 'deliveries'], ttlMs: 1_000 }],
  ['deliveries', { nouns: ['deliveries', 'webhooks'], ttlMs: 1_000 }],
  ['dashboard', { nouns: ['dashboard', 'webhooks'], ttlMs: 2_000, staleMs: 10_000 }],
]);
/** What a write to a noun puts out of date. */
const written = new Map<string, readonly string[]>([
  ['webhooks', ['webhooks', 'deliveries']],
  ['alerts', ['alerts', 'deliveries']],
  ['deliveries', ['deliveries']],
]);

/** The rule of a path, with its query or without; undefined for what is never cached. */
export function ruleOf(path: string): Rule | undefined {
  const noun = nounOf(path);
  return noun === undefined ? undefined : rules.get(noun);
}

/** The tags that a write to this path puts out of date. */
export function tagsWritten(tenantId: number, path: string): Tag[] {
  return (written.get(nounOf(path) ?? '') ?? []).map((noun) => `${tenantId}:${noun}`);
}

/** The tags of everything that a pattern of paths below `/api/v1/`, such as `webhooks/4*`, can match. */
export function tagsLike(tenantId: number, pattern: string): Tag[] {
  const [first = ''] = pattern.split(/[/?]/);
  const [head = '', ...rest] = first.split('*');
  const nouns = [...rules.keys()].filter((noun) => (rest.length === 0 ? noun === head : noun.startsWith(head)));
  return nouns.map((noun) => `${tenantId}:${noun}`);
}

/** The key of an answer, for the tenant whose it is. */
export function keyOf(tenantId: number, path: string): string {
  return `${tenantId}|${path}`;
}

/** The key of everything that a pattern of paths below `/api/v1/` matches. */
export function keysLike(tenantId: number, pattern: string): string {
  return keyOf(tenantId, PREFIX + pattern);
}

/** The tag lists of tenants, made once: a hit makes no garbage. */
export class TagLists {
  readonly #lists = new Map<Rule, Map<number, readonly Tag[]>>();

  of(tenantId: number, rule: Rule): readonly Tag[] {
    let lists = this.#lists.get(rule);
    if (lists === undefined) {
      lists = new Map();
      this.#lists.set(rule, lists);
    }
    let list = lists.get(tenantId);
    if (list === undefined) {
      list = [...rule.nouns.map((each) => `${tenantId}:${each}`), ...(rule.isHealth ? [HEALTH_TAG] : [])];
      if (lists.size >= TENANTS_MAX) lists.clear();
      lists.set(tenantId, list);
    }
    return list;
  }
}

/** `webhooks` of `/api/v1/webhooks/42?…`. */
function nounOf(path: string): string | undefined {
  if (!path.startsWith(PREFIX)) return undefined;
  let end = PREFIX.length;
  for (; end < path.length; end++) {
    const code = path.charCodeAt(end);
    if (code === 47 || code === 63) break;
  }
  return path.slice(PREFIX.length, end);
}
