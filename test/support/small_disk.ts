// A disk of a few megabytes for a tablespace, to be filled to the last byte; it takes the right to mount, which not all machines give.
import { chownSync, closeSync, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Sql } from '../../src/store/sql.ts';

export type SmallDisk = {
  /** Leaves no room at all, until `relieve`. */
  fill(): void;
  relieve(): void;
  unmount(): void;
};

const MEGABYTES = 128;
const PIECE = Buffer.alloc(65_536, 1);

/**
 * Mounts it below `home`, makes it a tablespace, and moves the delivery log there with its indexes. Undefined where this process
 * may not mount. The server's account is that of `home/postgres`.
 */
export async function mountLogDisk(sql: Sql, home: string): Promise<SmallDisk | undefined> {
  if (process.getuid?.() !== 0 || process.platform !== 'linux' || !Bun.which('mount')) return undefined;
  const place = join(home, 'log_disk');
  mkdirSync(place);
  const mounted = Bun.spawnSync(['mount', '-t', 'tmpfs', '-o', `size=${MEGABYTES}m`, 'tmpfs', place]);
  if (!mounted.success) return undefined;
  const directory = join(place, 'tablespace');
  mkdirSync(directory, { mode: 0o700 });
  const { uid, gid } = statSync(join(home, 'postgres'));
  chownSync(directory, uid, gid);
  await sql.unsafe(`create tablespace log_disk location '${directory}'`);
  const relations = await sql<{ name: string; is_index: boolean }[]>`
    select c.oid::regclass::text as name, c.relkind in ('i', 'I') as is_index
      from pg_partition_tree('tocsin_data.alert_delivery_log') t
      join lateral (select t.relid union all select i.indexrelid from pg_index i where i.indrelid = t.relid) r on true
      join pg_class c on c.oid = r.relid`;
  for (const { name, is_index } of relations)
    await sql.unsafe(`alter ${is_index ? 'index' : 'table'} ${name} set tablespace log_disk`);
  const ballast = join(place, 'ballast');
  return {
    fill() {
      const file = openSync(ballast, 'a');
      try {
        // Down to single bytes, for a page of PostgreSQL has 8192.
        for (let size = PIECE.length; size >= 1; size >>= 4) writeUntilFull(file, size);
      } finally {
        closeSync(file);
      }
    },
    relieve: () => rmSync(ballast, { force: true }),
    unmount: () => void Bun.spawnSync(['umount', '-l', place]),
  };
}

function writeUntilFull(file: number, size: number): void {
  try {
    while (writeSync(file, PIECE, 0, size) === size);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
