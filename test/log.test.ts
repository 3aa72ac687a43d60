// Log lines: their form, their levels, and what never gets into them.
import { expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendTo, createLog, type LogOptions } from '../src/log.ts';

function makeLog(options: LogOptions = {}) {
  const lines: string[] = [];
  return { log: createLog({ ...options, write: (line) => void lines.push(line) }), lines };
}

test('a line is one JSON object with the fields of every log above it', () => {
  const { log, lines } = makeLog();
  log.child({ part: 'worker' }).child({ worker_id: 7 }).warn('claimed\nnothing', { webhook_id: 1, count: 10n });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^[^\n]+\n$/);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'warn',
    message: 'claimed\nnothing',
    part: 'worker',
    worker_id: 7,
    webhook_id: 1,
    count: 10,
  });
});

test('lines below the level are not written', () => {
  const { log, lines } = makeLog({ level: 'warn' });
  log.debug('a');
  log.info('b');
  log.warn('c');
  log.error('d');
  expect(lines.map((line) => JSON.parse(line).message)).toEqual(['c', 'd']);
});

test('an error is written with its message and stack', () => {
  const { log, lines } = makeLog();
  log.error('failed', { error: new TypeError('no such door') });
  expect(JSON.parse(lines[0] ?? '').error).toMatchObject({ name: 'TypeError', message: 'no such door' });
});

test.each([false, true])('no secret is written, however deep it lies (pretty: %p)', (pretty) => {
  const { log, lines } = makeLog({ pretty });
  log.info('made', {
    secret: 'hunter2',
    webhook: { headers: { authorization: 'hunter2' } },
    keys: [{ password: 'hunter2' }],
  });
  expect(lines.join('')).not.toContain('hunter2');
  expect(lines.join('')).toContain('made');
});

test('a file gets every line in order, and a file that cannot be written stops nobody', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tocsin-log-'));
  try {
    const path = join(directory, 'log');
    const log = createLog({ write: appendTo(path) });
    for (let i = 0; i < 1000; i++) log.info(`line ${i}`);
    await log.flush();
    const messages = readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).message);
    expect(messages).toEqual(Array.from({ length: 1000 }, (_, i) => `line ${i}`));
    const lost = createLog({ write: appendTo(directory) });
    lost.info('nowhere to go');
    await lost.flush();
  } finally {
    rmSync(directory, { recursive: true });
  }
});
