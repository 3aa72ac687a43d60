// Backup and restore by the commands of docs/OPERATIONS.md, run as they stand there, on Debian's PostgreSQL.
import { expect, test } from 'bun:test';
import { migrate } from '../../src/store/migrate.ts';
import { openSql } from '../../src/store/sql.ts';
import { findDebianPostgres, startDebianPostgres } from '../support/debian_postgres.ts';
import { type PageCommand, readPageCommands, runPageCommands } from '../support/page_commands.ts';
import { freePort } from '../support/redis.ts';

const bin = await findDebianPostgres();

test.skipIf(bin === undefined)(
  'what was raised is there again after a restore, and a mistake is not',
  async () => {
    const { url, home, asUser } = await startDebianPostgres(bin ?? '');
    const sql = openSql(url, { max: 2 });
    await migrate(sql);
    await sql`select tocsin.create_webhook(1, 'kept', 'https://example.com/')`;
    await sql`select tocsin.raise_alert('kept', 'Before the backup')`;
    const restoredPort = await freePort();
    const env = {
      DATABASE_URL: url,
      BACKUP: home,
      RESTORED_PORT: String(restoredPort),
      PATH: `${bin}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
    };
    const run = (blocks: PageCommand[], more: Record<string, string> = {}) =>
      runPageCommands(blocks, { ...env, ...more }, { cwd: home, prefix: asUser });

    await run(await readPageCommands('docs/OPERATIONS.md', 'A copy, by pg_dump'));
    const copy = openSql(url.replace(/\/postgres$/, '/tocsin_restored'), { max: 1 });
    // It is a whole Tocsin: this version finds nothing to do, and it takes alerts.
    expect(await migrate(copy)).toEqual({ appliedTables: [], isRebuilt: false });
    await copy`select tocsin.raise_alert('new', 'In the copy')`;
    expect(await copy`select name, pending_deliveries::int from tocsin.get_webhook(1, 1)`).toMatchObject([
      { name: 'kept' },
    ]);
    await copy.end();

    const [base, back] = (await readPageCommands('docs/OPERATIONS.md', 'Any moment, by an archive of the log')) as [
      PageCommand,
      PageCommand,
    ];
    await run([base]);
    await sql`select tocsin.raise_alert('late', 'After the base')`;
    const [now] = await sql<{ moment: string }[]>`select clock_timestamp()::text as moment`;
    await sql`delete from tocsin_data.alerts`;
    await sql.end();
    await run([back], { moment: now?.moment ?? '' });
    const restored = openSql(url.replace(/:\d+\//, `:${restoredPort}/`), { max: 1 });
    const alerts = await restored`select alert_type from tocsin_data.alerts order by alert_id`;
    expect(alerts.map((row) => row.alert_type)).toEqual(['kept', 'late']);
    await restored`select tocsin.raise_alert('new', 'After the restore')`;
    await restored.end();
  },
  180_000,
);
