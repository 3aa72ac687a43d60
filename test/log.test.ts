// Log lines: their form, their levels, and what never gets into them.
import { expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendTo, createLog, type LogOptions } from '../src/log.ts';
import { redact } from '../src/redact.ts';
import { until } from './support/wait.ts';

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

test('several programs share a file that is renamed meanwhile, and no line is lost or torn', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tocsin-log-'));
  try {
    const path = join(directory, 'log');
    const COUNT = 2000;
    const script = join(import.meta.dir, 'support/log_writer.ts');
    const writers = ['a', 'b', 'c'].map((name) => Bun.spawn([process.execPath, script, path, name, String(COUNT)]));
    let codes: number[] | undefined;
    void Promise.all(writers.map(({ exited }) => exited)).then((all) => {
      codes = all;
    });
    let renames = 0;
    while (codes === undefined) {
      await until(() => codes !== undefined || existsSync(path), { timeoutMs: 20_000 });
      if (existsSync(path)) renameSync(path, `${path}.${++renames}`);
    }
    expect(codes).toEqual([0, 0, 0]);
    expect(renames).toBeGreaterThan(0);
    const lines = readdirSync(directory).flatMap((name) =>
      readFileSync(join(directory, name), 'utf8').trimEnd().split('\n'),
    );
    const seen = new Set(lines.map((line) => JSON.parse(line)).map(({ writer, i }) => `${writer}${i}`));
    expect([lines.length, seen.size]).toEqual([3 * COUNT, 3 * COUNT]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('an error with a report is told of once, with all its fields but secrets; others and lesser lines are not', async () => {
  const told: unknown[] = [];
  const reports = {
    report: (...report: unknown[]) => void told.push(report),
    flush: async () => void told.push('flushed'),
  };
  const log = createLog({ write: () => undefined, reports }).child({ worker_id: 7 });
  const error = new Error('unexpected');
  log.warn('tried again', { error });
  log.error('no error here', { reason: 'x' });
  log.error('failed', { error, token: 'planted secret' });
  await log.flush();
  expect(told).toEqual([[error, 'failed', { worker_id: 7, error }], 'flushed']);
});

test.each([
  ['key tsk_0123456789abcdef0123456789 was used', 'key tsk_… was used'],
  ['whsec_cGxhbnRlZCBzZWNyZXQ= is wrong', 'whsec_… is wrong'],
  ['authorization: Bearer abc.def-ghi_jkl', 'authorization: Bearer …'],
  ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2ln here', 'token [token] here'],
  ['connect postgres://u:p%40ss@db:5432/x', 'connect postgres://u:…@db:5432/x'],
  ['https://events.example/?routing_key=0123&x=1', 'https://events.example/?routing_key=…&x=1'],
  ['nothing to hide: 42 of 43', 'nothing to hide: 42 of 43'],
])('%j is told as %j', (text, expected) => {
  expect(redact(text)).toBe(expected);
});
