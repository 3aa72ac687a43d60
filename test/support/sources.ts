// Makes SQL sources for migration tests.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readSqlSources, type SqlSources } from '../../src/store/sql_sources.ts';

/** Reads sources from their texts by path (`functions/f.sql`), as if they lay in a directory. */
export function makeSources(files: Record<string, string>): SqlSources {
  const directory = mkdtempSync(join(tmpdir(), 'tocsin-sources-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), text);
    }
    return readSqlSources(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
