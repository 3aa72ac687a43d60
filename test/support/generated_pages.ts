// Makes the pages under docs/ that are generated from the code.
import { join } from 'node:path';
import { type DescribedRoute, describeApi } from '../../src/http/openapi.ts';
import type { Sql } from '../../src/store/sql.ts';
import { groups } from '../../src/cli/commands.ts';
import { type OpenApi, writeApiPage } from './api_page.ts';
import { writeCliPage } from './cli_page.ts';
import { writeSqlPage } from './sql_page.ts';

const folder = join(import.meta.dir, '../../docs');

/** The generated pages by their path. */
export async function generatedPages(sql: Sql, routes: readonly DescribedRoute[]): Promise<Map<string, string>> {
  const intro = await Bun.file(join(folder, 'api_intro.md')).text();
  const document = describeApi(routes) as unknown as OpenApi;
  return new Map([
    [join(folder, 'sql.md'), await writeSqlPage(sql)],
    [join(folder, 'API.md'), writeApiPage(document, intro)],
    [join(folder, 'CLI.md'), writeCliPage(groups, await Bun.file(join(folder, 'cli_intro.md')).text())],
  ]);
}
