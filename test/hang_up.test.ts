// SIGHUP: the end of the terminal ends a program that was started from it, wherever its output goes; sent by hand, it ends nothing.
import { afterAll, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning } from './support/fault_rig.ts';
import { until } from './support/wait.ts';

const directory = mkdtempSync(join(tmpdir(), 'tocsin-hang-up-'));
afterAll(() => rmSync(directory, { recursive: true }));

test('a program lives on when it is sent SIGHUP, and ends in order when its terminal goes', async () => {
  const out = join(directory, 'out');
  const program = `exec '${process.execPath}' '${import.meta.dir}/support/waiting_program.ts' > '${out}'`;
  const terminal = Bun.spawn(['script', '-qec', program, '/dev/null'], { stdin: 'ignore', stdout: 'ignore' });
  const output = () => (existsSync(out) ? readFileSync(out, 'utf8') : '');
  const [, found = ''] = await until(() => /"waiting","pid":(\d+)/.exec(output()));
  const pid = Number(found);
  process.kill(pid, 'SIGHUP');
  await until(() => output().includes('reopened the log file'));
  expect(isRunning(pid)).toBe(true);
  terminal.kill('SIGKILL');
  await until(() => !isRunning(pid), { what: 'its end' });
  expect(output()).toContain('"stopping","reason":"hang-up"');
  expect(output()).toContain('"stopped"');
});
