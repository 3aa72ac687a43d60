// A server that crashes while a connection is made: postgres.js rejects a promise that nobody has, and no program may end of it.
import { expect, test } from 'bun:test';
import { join } from 'node:path';

test('the rejection that nobody can wait for is told from all others', async () => {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, '../support/greeting_main.ts')], { stdout: 'pipe' });
  const lines = (await new Response(child.stdout).text()).trim().split('\n').toSorted();
  expect(lines).toEqual(['caller: 57P03', 'unhandled, known: true']);
  expect(await child.exited).toBe(0);
});
