// Runs nginx, from Debian's package, with the configuration that we ship, changed only in what names a place.
import { afterAll } from 'bun:test';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeSelfSigned } from './certificates.ts';
import { runCommand } from './children.ts';
import { installPackages } from './packages.ts';
import { freePort } from './redis.ts';
import { until } from './wait.ts';

export interface TestNginx {
  /** `https://127.0.0.1:PORT` and `http://127.0.0.1:PORT`. */
  url: string;
  plainUrl: string;
  /** What `nginx -t` says of the configuration. */
  check(): Promise<{ exitCode: number; stderr: string }>;
}

const places = ['/usr/sbin/nginx', '/usr/local/bin/nginx', '/opt/homebrew/bin/nginx'];
const shipped = join(import.meta.dir, '../../deploy/nginx/tocsin.conf');

/** Whether nginx can be had here; in CI it must be. */
export const hasNginx = await findNginx().then((path) => path !== undefined);

/**
 * In front of a Tocsin on the first port, and on the second one while that is away, with a certificate that vouches for itself.
 * It ends with the calling file.
 */
export async function startNginx(upstreamPort: number, sparePort: number): Promise<TestNginx> {
  const binary = (await findNginx()) ?? '';
  const home = mkdtempSync(join(tmpdir(), 'tocsin-nginx-'));
  // Its workers are another user's when it is started by root.
  chmodSync(home, 0o755);
  mkdirSync(join(home, 'cache'));
  const [plainPort, port] = [await freePort(), await freePort()];
  const { key, cert } = await makeSelfSigned('127.0.0.1');
  await Bun.write(join(home, 'key.pem'), key);
  await Bun.write(join(home, 'cert.pem'), cert);
  await Bun.write(
    join(home, 'tocsin.conf'),
    movePlaces(await Bun.file(shipped).text(), home, {
      plain: plainPort,
      tls: port,
      upstream: upstreamPort,
      spare: sparePort,
    }),
  );
  await Bun.write(join(home, 'nginx.conf'), mainConfig(home));
  const command = [binary, '-p', home, '-c', join(home, 'nginx.conf'), '-e', 'stderr'];
  // Not as the other children of tests, which are killed at the end: its workers would outlive it.
  const child = Bun.spawn(command, {
    cwd: home,
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: Bun.file(join(home, 'log')),
  });
  afterAll(async () => {
    child.kill('SIGTERM');
    await child.exited;
    rmSync(home, { recursive: true, force: true });
  });
  await until(async () => (await Bun.file(join(home, 'log')).text()).includes('start worker process'), {
    what: 'nginx',
  });
  return {
    url: `https://127.0.0.1:${port}`,
    plainUrl: `http://127.0.0.1:${plainPort}`,
    check: () => runCommand([...command, '-t'], { cwd: home }),
  };
}

/** @throws Error when the shipped file no longer names a place that has to be another here */
function movePlaces(text: string, home: string, ports: Record<'plain' | 'tls' | 'upstream' | 'spare', number>): string {
  const moves: [string, string][] = [
    ['server 127.0.0.1:8000 ', `server 127.0.0.1:${ports.upstream} `],
    ['server 127.0.0.1:8001 ', `server 127.0.0.1:${ports.spare} `],
    ['listen 80;', `listen 127.0.0.1:${ports.plain};`],
    ['listen [::]:80;', ''],
    ['listen 443 ssl http2;', `listen 127.0.0.1:${ports.tls} ssl http2;`],
    ['listen [::]:443 ssl http2;', ''],
    ['/etc/ssl/tocsin/fullchain.pem', join(home, 'cert.pem')],
    ['/etc/ssl/tocsin/privkey.pem', join(home, 'key.pem')],
    ['/var/cache/nginx/tocsin', join(home, 'cache/tocsin')],
    ['/var/log/nginx/tocsin.log', join(home, 'access.log')],
  ];
  return moves.reduce((all, [from, to]) => {
    if (!all.includes(from)) throw new Error(`deploy/nginx/tocsin.conf does not say ${from}`);
    return all.replace(from, to);
  }, text);
}

/** As little as nginx needs around a file of conf.d/. */
function mainConfig(home: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
worker_processes 1;
pid ${home}/nginx.pid;
error_log stderr notice;
events { worker_connections 512; }
http {
  types { text/html html; }
  ${temporary.map((name) => `${name}_temp_path ${home}/${name};`).join('\n  ')}
  include ${home}/tocsin.conf;
}
`;
}

async function findNginx(): Promise<string | undefined> {
  const find = () => Bun.which('nginx') ?? places.find((path) => existsSync(path));
  if (!find()) await installPackages('nginx-light');
  const found = find();
  if (!found && process.env.CI === 'true') throw new Error('CI must have nginx, and it cannot be installed.');
  return found;
}
