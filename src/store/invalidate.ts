// Hears what changed in the database, whoever changed it, and puts the cache entries that depend on it out of date.

import type { Epochs } from './epochs.ts';
import type { L2 } from './l2.ts';
import type { Sql } from './sql.ts';

/** What rarely changes is announced by triggers with this channel, once per transaction and tag. */
const CHANNEL = 'tocsin_changed';
/** Changed alerts are announced to the live socket by this one; the payload is `tenant:ids`. */
const ALERTS_CHANNEL = 'tocsin_alerts_updated';
/** Health changes in every tenant at once; entries that show it carry this tag. */
export const HEALTH_TAG = '0:health';

/**
 * Listens until stopped; once per machine is enough. The payload is a tag (`1:webhooks`), or `*` for everything. Announcements
 * are missed while the connection is away, so everything is out of date when it is back; until then the entries' own time is
 * the limit.
 */
export async function startInvalidation(
  sql: Sql,
  epochs: Epochs,
  l2: L2 | undefined,
): Promise<{ stop(): Promise<void> }> {
  const invalidate = (tag: string) => {
    epochs.bump(tag);
    if (tag !== HEALTH_TAG) l2?.invalidate(tag);
  };
  const listening = await Promise.all([
    sql.listen(
      CHANNEL,
      (tag) => (tag === '*' ? epochs.bumpAll() : invalidate(tag)),
      () => epochs.bumpAll(),
    ),
    sql.listen(ALERTS_CHANNEL, (payload) => invalidate(`${payload.split(':', 1)[0]}:alerts`)),
  ]);
  return {
    async stop() {
      await Promise.all(listening.map(({ unlisten }) => unlisten().catch(() => undefined)));
    },
  };
}
