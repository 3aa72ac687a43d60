// The server settings of the embedded PostgreSQL: a queue's, sized for the machine it runs on.
import { statfsSync } from 'node:fs';
import { totalmem } from 'node:os';

/** Settings by their PostgreSQL names. */
export type ServerSettings = Record<string, string | number>;

/** The settings for a server whose data lies in this directory. */
export function serverSettings(directory: string): ServerSettings {
  return {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    password_encryption: 'scram-sha-256',
    timezone: 'UTC',
    log_timezone: 'UTC',
    max_connections: 200,
    shared_buffers: `${sharedBuffersMb()}MB`,
    max_wal_size: `${walSizeMb(directory)}MB`,
    checkpoint_timeout: '15min',
    // These binaries are built without lz4.
    wal_compression: 'on',
    autovacuum_naptime: '10s',
    jit: 'off',
    idle_in_transaction_session_timeout: '30s',
    // Errors go to the client that caused them; in the log they would fill the disk, and show what people stored.
    log_min_messages: 'log',
    log_checkpoints: 'off',
  };
}

/** A quarter of the memory that this program may use (a container's limit counts), between 128 MB and 1 GB. */
function sharedBuffersMb(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  const memory = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return Math.max(128, Math.min(1024, Math.floor(memory / 4 / 2 ** 20)));
}

/** 8 GB, or an eighth of what the disk has left, so that the log of changes cannot fill a small one. */
function walSizeMb(directory: string): number {
  const disk = statfsSync(directory);
  const freeMb = (disk.bavail * disk.bsize) / 2 ** 20;
  return Math.max(256, Math.min(8192, Math.floor(freeMb / 8)));
}
