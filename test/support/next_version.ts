// Makes a version that comes after this one: the same program with a table file more, changed SQL, and a number of its own.
import { afterAll } from 'bun:test';
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dir, '../..');

export const nextNumber = '99.0.0';

/** The folder of its sources, gone with the calling file. What it adds: a column, a table, and a function `count_next`. */
export async function makeNextVersion(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-next-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  for (const name of ['src', 'sql', 'package.json']) cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const described = await Bun.file(join(folder, 'package.json')).json();
  await Bun.write(join(folder, 'package.json'), JSON.stringify({ ...described, version: nextNumber }));
  await Bun.write(
    join(folder, 'sql/tables/9999_next.sql'),
    `alter table tocsin_data.webhooks add column next_note text not null default 'new';
     alter table tocsin_data.alerts add column next_note text;
     create table tocsin_data.next_things (thing_id bigint generated always as identity primary key);`,
  );
  await Bun.write(
    join(folder, 'sql/functions/count_next.sql'),
    `create or replace function tocsin.count_next() returns bigint language sql stable security definer set search_path = ''
     as $$ select count(*) from tocsin_data.next_things $$;`,
  );
  // Every function and view is another text, so that each of them is replaced.
  for (const name of ['functions', 'views', 'internal']) {
    for (const file of readdirSync(join(folder, 'sql', name))) {
      const path = join(folder, 'sql', name, file);
      // An inner function has another name, so that a body of before, while it runs, looks for one that has gone.
      const text = (await Bun.file(path).text()).replaceAll(
        'tocsin_internal.insert_alerts(',
        'tocsin_internal.insert_alerts_next(',
      );
      await Bun.write(path, `${text}\n-- The next version.\n`);
    }
  }
  return folder;
}
