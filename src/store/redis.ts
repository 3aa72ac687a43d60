// Opens the connection to Redis: one server, a cluster, or whoever Sentinel says leads; always ready to do without it.
import { Cluster, Redis } from 'ioredis';

/** A single server or a cluster; both take the same commands. */
export type RedisClient = Redis | Cluster;

/**
 * A command that has no answer by then has failed. Nobody waits so long: those who ask have limits of their own, a few
 * milliseconds, that know the slowness of a server from that of this process (see circuit.ts).
 */
const COMMAND_TIMEOUT_MS = 1_000;

const failFast = {
  lazyConnect: false,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  commandTimeout: COMMAND_TIMEOUT_MS,
  connectTimeout: 2_000,
  // It comes back by itself, looked for about every second.
  retryStrategy: (times: number) => Math.min(50 * times, 1_000),
};

/**
 * Forms of REDIS_URL: `redis://[user:password@]host:port/db`, `rediss://…` (TLS), `redis+cluster://host:port,host:port`,
 * `redis+sentinel://host:port,host:port/leader-name`. Errors are told to `onError` and never thrown here.
 */
export function openRedis(url: string, onError: (error: Error) => void): RedisClient {
  const [scheme = '', rest = ''] = url.split('://', 2);
  const client = open(url, scheme, rest);
  client.on('error', onError);
  return client;
}

function open(url: string, scheme: string, rest: string): RedisClient {
  if (scheme === 'redis+cluster') {
    const { credentials, hosts } = readHosts(rest);
    const { enableOfflineQueue: _, retryStrategy: __, ...perNode } = failFast;
    return new Cluster(hosts, {
      enableOfflineQueue: false,
      clusterRetryStrategy: (times) => Math.min(50 * times, 1_000),
      redisOptions: { ...perNode, ...credentials },
    });
  }
  if (scheme === 'redis+sentinel') {
    const { credentials, hosts, path } = readHosts(rest);
    return new Redis({ ...failFast, ...credentials, sentinels: hosts, name: path || 'mymaster' });
  }
  return new Redis(url, failFast);
}

type Credentials = { username?: string; password?: string };

function readHosts(rest: string): { credentials: Credentials; hosts: { host: string; port: number }[]; path: string } {
  const [authority = '', path = ''] = rest.split('/', 2);
  const at = authority.lastIndexOf('@');
  const [username = '', password = ''] = at < 0 ? [] : authority.slice(0, at).split(':', 2).map(decodeURIComponent);
  const hosts = authority
    .slice(at + 1)
    .split(',')
    .map((host) => new URL(`redis://${host}`))
    .map(({ hostname, port }) => ({ host: hostname, port: Number(port || 6379) }));
  return {
    credentials: { ...(username ? { username } : {}), ...(password ? { password } : {}) },
    hosts,
    path,
  };
}
