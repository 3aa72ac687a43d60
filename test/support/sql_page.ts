// Writes docs/sql.md from the comments in the catalogue.
import type { Sql } from '../../src/store/sql.ts';

/** The page, from a migrated database. */
export async function writeSqlPage(sql: Sql): Promise<string> {
  const functions = await sql<{ name: string; args: string; result: string; comment: string }[]>`
    select p.proname as name, pg_get_function_arguments(p.oid) as args, pg_get_function_result(p.oid) as result,
           obj_description(p.oid, 'pg_proc') as comment
      from pg_proc p where p.pronamespace = 'tocsin'::regnamespace order by p.proname`;
  const views = await sql<{ name: string; comment: string; columns: string }[]>`
    select c.relname as name, obj_description(c.oid, 'pg_class') as comment,
           (select string_agg(a.attname, ', ' order by a.attnum) from pg_attribute a
             where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
      from pg_class c where c.relnamespace = 'tocsin'::regnamespace and c.relkind = 'v' order by c.relname`;
  const parts = [
    '# Tocsin in SQL',
    'Everything in the schema `tocsin`; generated from the comments in the database by `bun run docs`. What a role may call is what it was granted: applications usually need `raise_alert` alone.',
    '## Views',
    ...views.map(
      ({ name, comment, columns }) => `### ${name}\n\n${comment}\n\nColumns: ${columns.replaceAll('_', '\\_')}`,
    ),
    '## Functions',
    ...functions.map(
      ({ name, args, result, comment }) =>
        `### ${name}\n\n${comment}\n\n\`\`\`sql\ntocsin.${name}(${wrapped(args)})\nreturns ${wrapped(result)}\n\`\`\``,
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** One parameter or column per line when there are several. */
function wrapped(list: string): string {
  const table = /^TABLE\((.*)\)$/s.exec(list);
  if (table) return `table (${wrapped(table[1] as string)})`;
  const parts = list.split(/, (?=\w+ )/);
  return parts.length < 3 ? list : `\n  ${parts.join(',\n  ')}`;
}
