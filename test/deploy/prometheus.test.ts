// The rules and the dashboard that we ship: tried on recorded series by promtool, and by a real Prometheus that scrapes real servers.
import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { conditions } from '../../src/cli/watch_conditions.ts';
import { runCli, startCli } from '../support/children.ts';
import { testDatabase } from '../support/postgres.ts';
import { hasPrometheus, promtool, shipped, startPrometheus } from '../support/prometheus.ts';
import { until } from '../support/wait.ts';

type Rule = { alert: string; expr: string; labels: { severity: string }; annotations: { runbook_url: string } };
type RuleTest = { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] };
type Panel = { title: string; targets?: { expr: string }[] };

const yaml = async (name: string) => Bun.YAML.parse(await Bun.file(join(shipped, name)).text()) as never;
const { groups } = (await yaml('tocsin.rules.yml')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const names = rules.map(({ alert }) => alert);
const { panels } = (await Bun.file(join(shipped, '../grafana/tocsin.json')).json()) as { panels: Panel[] };
const expressions = [
  ...rules.map(({ expr }) => expr),
  ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
];
/** The names of metrics in an expression, without what a histogram adds to its own. */
const namesIn = (expr: string) =>
  [...expr.matchAll(/\btocsin_\w+/g)].map(([name]) => name.replace(/_(?:bucket|count|sum)$/, ''));
/** That all went wrong. */
const bad = (n: number) => ({ serverErrors: n, slowRequests: n, cacheHits: 0, failedAttempts: n });

describe('the rules', () => {
  test('are those that Tocsin watches itself, each with its runbook', async () => {
    expect([...names].sort()).toEqual(conditions.map(({ type }) => type.replace('.', '_')).sort());
    const operations = await Bun.file(join(shipped, '../../docs/OPERATIONS.md')).text();
    for (const { alert, labels, annotations } of rules) {
      expect(annotations.runbook_url).toBe(`docs/OPERATIONS.md#${alert}`);
      expect(operations).toContain(`\n### ${alert}\n`);
      const own = conditions.find(({ type }) => type.replace('.', '_') === alert);
      expect(labels.severity).toBe(own?.severity.toLowerCase() as string);
    }
  });

  test('each have recorded series on which they fire, and some on which they do not', async () => {
    const { tests } = (await yaml('tocsin.rules.test.yml')) as { tests: RuleTest[] };
    const tried = tests.flatMap(({ alert_rule_test }) => alert_rule_test);
    for (const name of names) {
      const fires = tried.filter(({ alertname }) => alertname === name).map(({ exp_alerts }) => exp_alerts.length > 0);
      expect({ name, fires: fires.includes(true), isQuiet: fires.includes(false) }).toEqual({
        name,
        fires: true,
        isQuiet: true,
      });
    }
  });

  test('say nothing of as few events as Tocsin itself says nothing of', () => {
    const quiet = {
      oldestDueSeconds: 0,
      oldestDueSecondsBefore: 0,
      poolShare: 0,
      disconnectsPerMinute: 0,
      workers: 1,
      tenantsNearQueueLimit: 0,
    };
    for (const { type, value } of conditions) {
      const counts = Array.from({ length: 200 }, (_, n) => n);
      const floor = counts.find(
        (n) => value({ ...quiet, requests: n, cacheReads: n, attempts: n, ...bad(n) }) !== undefined,
      );
      const rule = rules.find(({ alert }) => alert === type.replace('.', '_'));
      expect({ type, floor: Number(rule?.expr.match(/increase\(.*\) >= (\d+)/)?.[1] ?? 0) }).toEqual({
        type,
        floor: floor as number,
      });
    }
  });

  test.skipIf(!hasPrometheus)('do as they should on them, by promtool', async () => {
    expect(await promtool('check', 'rules', 'tocsin.rules.yml')).toMatchObject({ exitCode: 0 });
    const { exitCode, output } = await promtool('test', 'rules', 'tocsin.rules.test.yml');
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
  });
});

describe.skipIf(!hasPrometheus)('a real Prometheus', async () => {
  if (!hasPrometheus) return;
  const { url } = await testDatabase();
  const env = { DATABASE_URL: url, SECRET_KEY: 'the secret of this test, 32 bytes', API_HOST: '127.0.0.1' };
  const { stdout } = await runCli(['keys', 'create', '--name', 'prometheus', '--role', 'operator'], { env });
  const [key = ''] = stdout.match(/tsk_\w+/) ?? [];
  const server = await startCli(['serve'], {
    env: { ...env, API_PORT: '0', API_WORKERS: '2', DB_POOL_MAX: '8', DB_POOL_MIN: '2', RATE_LIMIT: '100000' },
    ready: /"serving"[^\n]*"url":"http:\/\/([^"]+)"/,
  });
  const worker = await startCli(['work'], {
    env: { ...env, METRICS_PORT: '0' },
    ready: /"serving metrics"[^\n]*"url":"http:\/\/([^"]+)"/,
  });
  const [, target = ''] = server.ready;
  const prometheus = await startPrometheus(target, worker.ready[1] as string, key);
  const is = (query: string, value: number) =>
    until(async () => (await prometheus.value(query)) === value, {
      timeoutMs: 20_000,
      what: `${query} being ${value}`,
    });

  test('scrapes both, with an API key', async () => {
    await is('sum(up)', 2);
    await is('sum(tocsin_processes)', 3);
    await is('max(tocsin_workers)', 3);
    await is('sum(tocsin_db_pool_size{pool="api"})', 58);
    expect((await fetch(`http://${target}/metrics`)).status).toBe(401);
  }, 60_000);

  test('has the numbers of all processes', async () => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', connection: 'close' };
    for (let i = 0; i < 30; i++) await fetch(`http://${target}/api/v1/alerts/1/why`, { headers, keepalive: false });
    await is('sum(tocsin_http_requests_total{route="/api/v1/alerts/:id/why"})', 30);
    await is('sum(tocsin_http_request_duration_seconds_count{route="/api/v1/alerts/:id/why"})', 30);
    await is('histogram_quantile(0.99, sum by (le) (tocsin_http_request_duration_seconds_bucket)) > bool 10', 0);
  }, 60_000);

  test('finds the rules in order, and nothing wrong', async () => {
    const { data } = await until(async () => {
      const answer = await prometheus.api('rules');
      return answer.data.groups[0]?.rules.every((rule: { health: string }) => rule.health === 'ok')
        ? answer
        : undefined;
    });
    const found = data.groups.flatMap(({ rules }: { rules: unknown[] }) => rules);
    expect(found.map(({ name }: { name: string }) => name)).toEqual(names);
    expect(found.filter(({ state }: { state: string }) => state === 'firing')).toEqual([]);
  }, 60_000);

  test('has every metric that a rule or the dashboard asks for, and the dashboard has every one', async () => {
    const text = await (
      await fetch(`http://${target}/metrics`, { headers: { authorization: `Bearer ${key}` } })
    ).text();
    const told = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name));
    const asked = new Set(expressions.flatMap(namesIn));
    expect(asked.size).toBeGreaterThan(30);
    expect([...asked].filter((name) => !told.has(name))).toEqual([]);
    expect([...told].filter((name) => !asked.has(name))).toEqual([]);
    // What Prometheus itself finds unusual in them.
    expect(await (await Bun.$`promtool check metrics < ${Buffer.from(text)}`.quiet().nothrow()).exitCode).toBe(0);
  });

  test('understands every expression of the dashboard', async () => {
    for (const expr of expressions) {
      const plain = expr.replaceAll('$__rate_interval', '5m').replaceAll('$job', '.+');
      const { status, error } = await prometheus.api(`query?query=${encodeURIComponent(plain)}`);
      expect({ expr, status, error }).toEqual({ expr, status: 'success', error: undefined });
    }
  });

  test('leaves both in order', async () => {
    expect(await server.stop()).toBe(0);
    expect(await worker.stop()).toBe(0);
  });
});
