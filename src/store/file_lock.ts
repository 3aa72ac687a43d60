// Locks files between programs on one machine; the kernel releases a lock when its program dies, however it dies.
import { Database } from 'bun:sqlite';

export interface FileLock {
  release(): void;
}

/**
 * Takes a shared or exclusive lock on a file, which is created when missing and stays empty.
 * Bun has no flock, but SQLite's transactions on a file are exactly that: `fcntl` locks, right even between two
 * handles of one program.
 * @returns undefined when others held it until `timeoutMs` had passed
 * @throws Error when the file cannot be opened
 */
export async function lockFile(
  path: string,
  mode: 'shared' | 'exclusive',
  timeoutMs: number,
): Promise<FileLock | undefined> {
  const deadline = performance.now() + timeoutMs;
  const database = new Database(path, { create: true });
  for (;;) {
    try {
      database.run('pragma busy_timeout = 0');
      if (mode === 'exclusive') {
        database.run('begin exclusive');
      } else {
        database.run('begin');
        // A transaction takes its shared lock with its first read.
        database.query('select count(*) from sqlite_schema').get();
      }
      return { release: () => database.close() };
    } catch (error) {
      if (database.inTransaction) database.run('rollback');
      const isBusy = (error as { code?: string }).code?.startsWith('SQLITE_BUSY');
      if (!isBusy || performance.now() >= deadline) {
        database.close();
        if (isBusy) return undefined;
        throw error;
      }
    }
    await Bun.sleep(20);
  }
}
