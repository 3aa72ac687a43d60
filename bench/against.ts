// Compares this version with another commit in one run: both serve the same hot read, and take turns.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { asking, startLoader } from './http/contenders.ts';
import { createWebhook, type Server, startTocsin } from './http/servers.ts';
import { cpuShare, share, speedTable } from './http/tables.ts';
import { compare, ratio } from './measure.ts';
import { type BenchDatabase, benchDirectory } from './place.ts';
import type { Bench } from './scenario.ts';
import { textTable } from './table.ts';

const LIST = '/api/v1/webhooks';
const WEBHOOKS = 20;
const root = join(import.meta.dir, '..');

/** Prints the table and the ratio; `commit` is anything that git knows, such as origin/main. */
export async function compareWith(bench: Bench, commit: string): Promise<void> {
  const base = execFileSync('git', ['merge-base', 'HEAD', commit], { cwd: root, encoding: 'utf8' }).trim();
  const tree = join(benchDirectory, 'against');
  removeTree(tree);
  execFileSync('git', ['worktree', 'add', '--detach', '--force', tree, base], { cwd: root, stdio: 'ignore' });
  try {
    execFileSync(process.execPath, ['install', '--frozen-lockfile', '--silent'], { cwd: tree, stdio: 'inherit' });
    await measure(bench, tree, base.slice(0, 7));
  } finally {
    removeTree(tree);
  }
}

async function measure(bench: Bench, tree: string, base: string): Promise<void> {
  const parts: { stop(): Promise<void> }[] = [];
  const databases: BenchDatabase[] = [];
  /** Each on a database of its own, whose schema it brings; filled through the API, which outlives versions. */
  const start = async (name: string, at: string): Promise<Server> => {
    const database = await bench.place.makeDatabase({ isEmpty: true });
    databases.push(database);
    const server = await startTocsin({ databaseUrl: database.url, name, root: at });
    parts.push(server);
    for (let n = 0; n < WEBHOOKS; n++)
      await createWebhook(server, { name: `bench ${n}`, url: `https://receiver.test/${n}` });
    return server;
  };
  try {
    const loader = await startLoader();
    parts.push(loader);
    const servers = [await start(base, tree), await start('this version', root)];
    const spell = { ms: 1500, warmMs: 300 };
    const contenders = [];
    for (const server of servers) {
      const asked = { paths: [LIST], connections: 50 };
      contenders.push(asking(loader, server.name, server, spell, asked));
      contenders.push(asking(loader, `${server.name}, 304`, server, spell, { ...asked, isKnown: true }));
    }
    const medians = await compare(bench, contenders);
    console.log(textTable(speedTable(`A list of ${WEBHOOKS} webhooks, 50 connections`, medians, base)));
    const times = [ratio(share(medians, 'this version', base), 1), ratio(cpuShare(medians, 'this version', base), 1)];
    console.log(`This version answers ${times[0]} as fast as ${base}; by CPU time per answer, ${times[1]}.`);
  } finally {
    for (const part of parts.reverse()) await part.stop();
    for (const database of databases) await database.drop();
  }
}

/** Also one that an earlier run left behind. */
function removeTree(tree: string): void {
  rmSync(tree, { recursive: true, force: true });
  execFileSync('git', ['worktree', 'prune'], { cwd: root });
}
