// What we ship for systemd and Compose, held against systemd's own checks and the specification of Compose.
import { afterAll, describe, expect, test } from 'bun:test';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/config.ts';
import { runCommand } from '../support/children.ts';
import { installPackages } from '../support/packages.ts';

const root = join(import.meta.dir, '../..');
const units = ['tocsin-serve@.service', 'tocsin-work.service'];
const read = (path: string) => Bun.file(join(root, path)).text();

async function hasSystemd(): Promise<boolean> {
  if (!Bun.which('systemd-analyze')) await installPackages('systemd');
  const isThere = Bun.which('systemd-analyze') !== null;
  if (!isThere && process.env.CI === 'true') throw new Error('CI must have systemd-analyze.');
  return isThere;
}

describe.skipIf(!(await hasSystemd()))('the systemd units', () => {
  const home = mkdtempSync(join(tmpdir(), 'tocsin-units-'));
  afterAll(() => rmSync(home, { recursive: true }));

  /** As they are shipped, with a program and settings where they say: systemd checks that both are there. */
  async function install(name: string): Promise<string> {
    const program = join(home, 'tocsin');
    await Bun.write(program, '#!/bin/sh\n');
    chmodSync(program, 0o755);
    mkdirSync(join(home, 'units'), { recursive: true });
    const text = (await read(`deploy/systemd/${name}`)).replace('/usr/local/bin/tocsin', program);
    const path = join(home, 'units', name.replace('@', '@8000'));
    await Bun.write(path, text);
    return path;
  }

  test.each(units)('%s is right, and nothing in it is unknown to systemd', async (name) => {
    const path = await install(name);
    expect(await runCommand(['systemd-analyze', 'verify', '--man=no', path])).toMatchObject({
      exitCode: 0,
      stderr: '',
    });
  });

  test('run as one user, whose folder and log file they share', async () => {
    const users = await Promise.all(
      units.map(async (name) => (await read(`deploy/systemd/${name}`)).match(/^User=.*$/m)),
    );
    expect(users.map((user) => user?.[0])).toEqual(units.map(() => 'User=tocsin'));
  });

  test.each(units)('%s gives the program few rights: an exposure of less than 2 of 10', async (name) => {
    const path = await install(name);
    const command = ['systemd-analyze', 'security', '--offline=true', '--threshold=20', '--no-pager', path];
    const { exitCode, stdout } = await runCommand(command);
    expect({ exitCode, last: stdout.trim().split('\n').at(-1) }).toMatchObject({ exitCode: 0 });
  });

  test('read settings that Tocsin takes', async () => {
    const lines = (await read('deploy/tocsin.env.example'))
      .split('\n')
      .map((line) => line.replace(/^#(?=[A-Z_]+=)/, ''));
    const settings = Object.fromEntries(
      lines.filter((line) => /^[A-Z_]+=/.test(line)).map((line) => line.split(/=(.*)/s, 2) as [string, string]),
    );
    expect(Object.values(settings).join()).not.toMatch(/whsec_|[A-Za-z0-9+/]{40}/);
    const key = 'k'.repeat(32);
    expect(readConfig({ ...settings, SECRET_KEY: key, ENCRYPTION_KEY: key })).toMatchObject({
      environment: 'production',
      apiWorkers: 4,
      redisUrl: 'redis://127.0.0.1:6379',
    });
  });
});

describe('compose.yaml', async () => {
  type Part = Record<string, unknown> & { environment?: Record<string, string>; image?: string; command?: string[] };
  const compose = Bun.YAML.parse(await read('compose.yaml')) as { services: Record<string, Part> };
  const { services } = compose;

  test('is as the Compose specification wants it', async () => {
    const lint = [process.execPath, join(root, 'node_modules/dclint/bin/dclint.cjs'), '--quiet', 'compose.yaml'];
    const { exitCode, stdout } = await runCommand(lint);
    expect({ exitCode, errors: stdout.match(/^.* error .*$/gm) }).toEqual({ exitCode: 0, errors: null });
    expect(Object.keys(services)).toEqual(['postgres', 'redis', 'api', 'worker']);
  });

  test('holds no secret and asks for each that is missing', () => {
    for (const { environment = {} } of Object.values(services)) {
      for (const [name, value] of Object.entries(environment)) {
        if (/PASSWORD|_KEY$/.test(name)) expect(value).toBe(`\${${name}:?is not set}`);
        else expect(value).not.toMatch(/:\/\/[^@$]*:[^@$]+@/);
      }
    }
  });

  test('starts programs that there are, with settings that they take, and few rights', () => {
    for (const name of ['api', 'worker']) {
      const part = services[name] ?? {};
      expect(part).toMatchObject({ read_only: true, cap_drop: ['ALL'], restart: 'unless-stopped' });
      const given = Object.entries(part.environment ?? {}).map(([key, value]) => [
        key,
        value.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, variable: string, kind: string, otherwise: string) =>
          kind === '-' ? otherwise : `${variable}-of-32-bytes-or-more-for-it`,
        ),
      ]);
      expect(readConfig(Object.fromEntries(given))).toMatchObject({ environment: 'production' });
    }
    expect([services.api?.command, services.worker?.command]).toEqual([['serve'], ['work']]);
  });

  test('names every image by a version', () => {
    for (const { image } of Object.values(services)) expect(image).toMatch(/^[\w./-]+:(?!latest)[\w.-]+$/);
  });
});
