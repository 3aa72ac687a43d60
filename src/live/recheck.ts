// Closes sockets whose credentials ended before their time: the key was revoked, or the tenant deleted.
import type { Log } from '../log.ts';
import { CLOSE, type Connection, type Connections } from './connections.ts';

const CHECK_MS = 1_000;
/** All are asked so often, for revocations that no announcement told of. */
const CHECK_ALL_EVERY = 60;

/** Looks every second at what has changed, which is announced to every server; only who may be concerned is asked for anew. */
export function startRecheck(connections: Connections, log: Log): { stop(): void } {
  /** Those that nobody could tell of, while the database was away. */
  let doubtful = new Set<Connection>();
  let round = 0;
  let isChecking = false;
  const check = async () => {
    if (isChecking) return;
    isChecking = true;
    const isAll = ++round % CHECK_ALL_EVERY === 0;
    const concerned = [...connections.all()].filter(
      (connection) => connection.viewer.hasChanged() || isAll || doubtful.has(connection),
    );
    doubtful = new Set();
    for (const connection of concerned) {
      try {
        if (!(await connection.viewer.isValid())) {
          connection.close(CLOSE.policy, 'The credentials are no longer valid.');
        }
      } catch (error) {
        doubtful.add(connection);
        log.debug('could not check the credentials of a socket; trying again', { error });
      }
    }
    isChecking = false;
  };
  const timer = setInterval(() => void check(), CHECK_MS);
  return { stop: () => clearInterval(timer) };
}
