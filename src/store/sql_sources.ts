// Reads the SQL sources of the schema: the only file that knows where they lie.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { packedFolder } from '../own_files.ts';

const ownFolder = packedFolder('sql') ?? join(import.meta.dir, '../../sql');

/** One SQL file. */
export interface SqlFile {
  /** The file's name without `.sql`: for a rebuilt object, the object's name. */
  name: string;
  /** The path within the sources (`functions/raise_alert.sql`), for messages. */
  path: string;
  text: string;
  sha256: string;
}

/** The schema, in the order in which it is applied. */
export interface SqlSources {
  tables: SqlFile[];
  internal: SqlFile[];
  functions: SqlFile[];
  views: SqlFile[];
  triggers: SqlFile[];
  grants: SqlFile[];
  /** One hash over everything that is rebuilt, that is all but the tables. */
  rebuiltSha256: string;
}

/** Reads the sources below a directory, by default the project's own; a missing folder is an empty one. */
export function readSqlSources(directory = ownFolder): SqlSources {
  const folder = (name: string) =>
    listSql(join(directory, name)).map((file) => readSqlFile(directory, `${name}/${file}`));
  const single = (name: string) =>
    listSql(directory)
      .filter((file) => file === name)
      .map((file) => readSqlFile(directory, file));
  const rebuilt = {
    internal: folder('internal'),
    functions: folder('functions'),
    views: folder('views'),
    triggers: single('triggers.sql'),
    grants: single('grants.sql'),
  };
  const hash = createHash('sha256');
  for (const file of Object.values(rebuilt).flat()) hash.update(`${file.path}\n${file.sha256}\n`);
  return { tables: folder('tables'), ...rebuilt, rebuiltSha256: hash.digest('hex') };
}

function listSql(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((file) => file.endsWith('.sql'))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function readSqlFile(directory: string, path: string): SqlFile {
  const text = readFileSync(join(directory, path), 'utf8');
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { name: basename(path, '.sql'), path, text, sha256 };
}
