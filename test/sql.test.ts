// Runs the SQL tests, test/sql/<object>.sql: each in a transaction of its own that is rolled back, after test/sql/makers.sql.
import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Sql } from '../src/store/sql.ts';
import { testDatabase } from './support/postgres.ts';

const directory = join(import.meta.dir, 'sql');
const read = (file: string) => readFileSync(join(directory, file), 'utf8');
const makers = read('makers.sql');
const files = readdirSync(directory)
  .filter((file) => file.endsWith('.sql') && file !== 'makers.sql')
  .sort();

const { sql } = await testDatabase({ max: 1 });
/** What files roll back stays in the indexes until a vacuum; whoever counts what is read would count that too. */
const untouched = new Map<string, Sql>();
for (const file of files.filter((each) => each.includes('bounds'))) {
  untouched.set(file, (await testDatabase({ max: 1 })).sql);
}

class RolledBack extends Error {}

/** Runs a file to its end and undoes it; what it asserts in vain is the error, with the line of its block. */
async function run(file: string): Promise<void> {
  const undone = (untouched.get(file) ?? sql).begin(async (tx) => {
    await tx.unsafe(makers).simple();
    try {
      await tx.unsafe(read(file)).simple();
    } catch (error) {
      const { message, where, detail } = error as Error & { where?: string; detail?: string };
      throw new Error([`${file}: ${message}`, detail, where].filter(Boolean).join('\n'));
    }
    throw new RolledBack();
  });
  await undone.catch((error) => {
    if (!(error instanceof RolledBack)) throw error;
  });
}

describe('the SQL tests', () => {
  test('are there', () => {
    expect(files.length).toBeGreaterThan(20);
  });

  test.each(files.map((file) => basename(file, '.sql')))(
    '%s keeps what its test says',
    async (name) => {
      expect(await run(`${name}.sql`)).toBeUndefined();
    },
    60_000,
  );

  test('leave nothing behind', async () => {
    const [left] = await sql`select count(*)::integer as webhooks from tocsin_data.webhooks`;
    expect(left).toEqual({ webhooks: 0 });
  });
});
