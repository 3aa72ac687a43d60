// Gives a test a PostgreSQL cluster of its own, with the settings of production, where the shared one will not do.
import { afterAll } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbedded } from '../../src/store/embedded.ts';
import type { ServerSettings } from '../../src/store/embedded_settings.ts';

export interface OwnCluster extends EmbeddedPostgres {
  /** The cluster's files, in a folder that is removed with the calling file. */
  directory: string;
  home: string;
}

/** Stopped and removed with the calling file, unless the test has stopped it before. */
export async function startOwnCluster(settings: ServerSettings = {}): Promise<OwnCluster> {
  const home = mkdtempSync(join(tmpdir(), 'tocsin-cluster-'));
  const directory = join(home, 'postgres');
  const server = await startEmbedded({
    directory,
    settings: { shared_buffers: '32MB', max_wal_size: '256MB', ...settings },
  });
  afterAll(async () => {
    await server.stop();
    rmSync(home, { recursive: true });
  });
  return { ...server, directory, home };
}
