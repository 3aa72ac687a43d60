// Stopping: the order of the parts, their failures, the deadline and the second signal.
import { expect, test } from 'bun:test';
import { EventEmitter } from 'node:events';
import { createLog } from '../src/log.ts';
import { createShutdown } from '../src/shutdown.ts';
import { until } from './support/wait.ts';

function makeShutdown(deadlineMs = 5_000) {
  const signals = new EventEmitter();
  const exits: number[] = [];
  const lines: string[] = [];
  const log = createLog({ write: (line) => void lines.push(line) });
  const shutdown = createShutdown({ log, deadlineMs, signals, exit: (code) => void exits.push(code) });
  return { shutdown, signals, exits, lines };
}

test('parts close one after another, the last started first', async () => {
  const { shutdown, signals, exits } = makeShutdown();
  const closed: string[] = [];
  for (const name of ['postgres', 'pool', 'http']) {
    shutdown.add(name, async () => {
      await Promise.resolve();
      closed.push(name);
    });
  }
  signals.emit('SIGTERM');
  await until(() => exits.length === 1);
  expect(closed).toEqual(['http', 'pool', 'postgres']);
  expect(exits).toEqual([0]);
});

test('a part that fails is logged, does not keep the others open, and shows in the exit code', async () => {
  const { shutdown, lines } = makeShutdown();
  let isClosed = false;
  shutdown.add('pool', () => {
    isClosed = true;
  });
  shutdown.add('http', () => Promise.reject(new Error('stuck door')));
  expect(await shutdown.run('test')).toBe(1);
  expect(isClosed).toBe(true);
  expect(lines.join('')).toContain('stuck door');
});

test('a part that hangs is given up at the deadline', async () => {
  const { shutdown, lines } = makeShutdown(20);
  shutdown.add('pool', () => undefined);
  shutdown.add('http', () => new Promise(() => undefined));
  expect(await shutdown.run('test')).toBe(1);
  expect(lines.join('')).toContain('"left":["pool"]');
});

test('a second signal ends the program at once', async () => {
  const { shutdown, signals, exits } = makeShutdown();
  shutdown.add('http', () => new Promise(() => undefined));
  signals.emit('SIGINT');
  expect(exits).toEqual([]);
  signals.emit('SIGINT');
  expect(exits).toEqual([130]);
});

test('running it twice closes every part once', async () => {
  const { shutdown } = makeShutdown();
  let count = 0;
  shutdown.add('http', () => {
    count += 1;
  });
  expect(await Promise.all([shutdown.run('one'), shutdown.run('two')])).toEqual([0, 0]);
  expect(count).toBe(1);
});

test('a part that was still starting when the signal came is closed too', async () => {
  const { shutdown } = makeShutdown();
  let isClosed = false;
  shutdown.add('pool', () => {
    shutdown.add('http', () => {
      isClosed = true;
    });
  });
  expect(await shutdown.run('test')).toBe(0);
  expect(isClosed).toBe(true);
});
