// Makes caches before a source that counts.
import { Cache, type CacheOptions, type Loaded, type ReadOptions } from '../../src/store/cache.ts';
import { Epochs } from '../../src/store/epochs.ts';

/** What every answer of `makeCache` depends on. */
export const TAGS = ['1:webhooks', '1:deliveries'];

/** A cache before a source that counts its loads, and answers `{"n": <how often it was asked>}` unless told otherwise. */
export function makeCache(options: Partial<CacheOptions> = {}) {
  const epochs = options.epochs ?? new Epochs();
  const cache = new Cache({ epochs, itemsMax: 100, bytesMax: 1_000_000, ttlMs: 60_000, ...options });
  const source = { loads: 0, next: undefined as (() => Promise<Loaded>) | undefined };
  const load = () => {
    source.loads++;
    return source.next?.() ?? Promise.resolve({ text: `{"n":${source.loads}}` });
  };
  const read = async (key = '1|/a', more: ReadOptions = {}) => {
    const { cached, source } = await cache.read(key, TAGS, load, more);
    return { text: Buffer.from(cached.bytes).toString(), etag: cached.etag, source, cached };
  };
  return { cache, epochs, source, read };
}
