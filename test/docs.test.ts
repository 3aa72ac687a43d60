// Holds the generated pages fresh; `bun run docs` writes them.
import { expect, test } from 'bun:test';
import { relative } from 'node:path';
import { generatedPages } from './support/generated_pages.ts';
import { testHttp } from './support/http.ts';

const http = await testHttp();
const pages = await generatedPages(http.sql, http.routes);
const isWriting = Bun.env.WRITE_DOCS === '1';

for (const [path, text] of pages) {
  const name = relative(process.cwd(), path);
  test(`${name} is what \`bun run docs\` writes`, async () => {
    if (isWriting) await Bun.write(path, text);
    const found = await Bun.file(path).text();
    // Not the whole diff: one look at the first line that differs says enough.
    const at = text.split('\n').findIndex((line, i) => line !== found.split('\n')[i]);
    expect(
      at < 0 ? undefined : { line: at + 1, is: found.split('\n')[at], shouldBe: text.split('\n')[at] },
    ).toBeUndefined();
    expect(found.length).toBe(text.length);
  });
}
