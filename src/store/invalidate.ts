// Hears what changed in the database, whoever changed it, and puts the cache entries that depend on it out of date.

import type { Epochs } from './epochs.ts';
import type { L2 } from './l2.ts';
import { type Listener, type ListenerTimes, openListener } from './listener.ts';
import { openSqlLike, type Sql } from './sql.ts';

/** What rarely changes is announced by triggers with this channel, once per transaction and tag. */
const CHANNEL = 'tocsin_changed';
/** Changed alerts are announced to the live socket by this one; the payload is `tenant:ids`. */
const ALERTS_CHANNEL = 'tocsin_alerts_updated';
/** Health changes in every tenant at once; entries that show it carry this tag. */
export const HEALTH_TAG = '0:health';

/**
 * Listens until stopped, by a session of its own; once per machine is enough. The payload is a tag (`1:webhooks`), or `*` for
 * everything. Announcements are missed while the session is away, so everything is out of date when it is back, and before that
 * when it has been silent, or when the server is there but refuses it. While no server is there, the entries' own time is the limit.
 */
export async function startInvalidation(
  sql: Sql,
  epochs: Epochs,
  l2: L2 | undefined,
  times: ListenerTimes = {},
): Promise<Pick<Listener, 'stop'>> {
  const invalidate = (tag: string) => {
    epochs.bump(tag);
    if (tag !== HEALTH_TAG) l2?.invalidate(tag);
  };
  return openListener({
    ...times,
    open: (options) => openSqlLike(sql, options),
    channels: {
      [CHANNEL]: (tag) => (tag === '*' ? epochs.bumpAll() : invalidate(tag)),
      [ALERTS_CHANNEL]: (payload) => invalidate(`${payload.split(':', 1)[0]}:alerts`),
    },
    onOpen: () => epochs.bumpAll(),
    onDoubt: () => epochs.bumpAll(),
  });
}
