// The parts of the system as the page tells of them: which is not well, by which figures, and what to do.
import { describe, expect, test } from 'bun:test';
import type { DeepHealth, Overview, SystemOverview } from '../../src/web/api/dashboard_types.ts';
import { listParts } from '../../src/web/words/system.ts';
import { fakeSystem } from '../support/fake_rows.ts';

const health: DeepHealth = {
  status: 'healthy',
  database: { status: 'healthy', response_time_ms: 1, pool: { max: 50 } },
  cache: { status: 'healthy', hit_rate: 0.9, l2: { status: 'disabled' } },
  webhooks: { status: 'healthy', active_count: 3, failed_count: 0 },
  delivery: { queue_depth: 0, oldest_due_seconds: 0, workers: 1 },
};
const well = (change: Record<string, unknown> = {}): SystemOverview => {
  const { workers, ...system } = fakeSystem(change);
  return { ...system, workers: workers.slice(0, 1) } as SystemOverview;
};
const partOf = (name: string, system?: SystemOverview, of = health) =>
  listParts(of, system).find((part) => part.name === name);

describe('a part of the system', () => {
  test('that is well asks for nothing', () => {
    const parts = listParts(health, well());
    expect(parts.map(({ name, state, advice }) => ({ name, state, advice }))).toEqual(
      parts.map(({ name }) => ({ name, state: 'healthy', advice: null })),
    );
    expect(partOf('Workers', well())?.figures).toBe('1 worker alive, 3 under way');
    expect(partOf('Partitions', well())?.figures).toStartWith('38, made 7 d');
    expect(partOf('Connections', well())?.figures).toBe('2 of 48 in use; PostgreSQL has 14 of 100');
  });

  test('is left out while nobody tells of it', () => {
    expect(listParts(health).map(({ name }) => name)).toEqual([
      'PostgreSQL',
      'Queue',
      'Workers',
      'Webhooks',
      'Cache in memory',
    ]);
  });

  test('tells what is parked or due later, and what room the queue has', () => {
    const delivery = { ...health.delivery, scheduled: 1, parked: 1_204 };
    expect(partOf('Queue', undefined, { ...health, delivery })?.figures).toBe(
      'nothing waits; 1 retry for later; 1,204 parked',
    );
    const limited = (queue_limit: number | null, queue_used_percent: number | null, queue_limit_state: string | null) =>
      ({ queue_limit, queue_used_percent, queue_limit_state }) as Overview;
    const limit = (overview: Overview, near = 0) =>
      listParts({ ...health, delivery: { ...delivery, tenants_near_queue_limit: near } }, undefined, overview).find(
        ({ name }) => name === 'Queue limit',
      );
    expect(limit(limited(null, null, null))).toMatchObject({
      state: 'healthy',
      figures: expect.stringMatching(/^none/),
      advice: null,
    });
    expect(limit(limited(200, 60, 'free'))).toMatchObject({ state: 'healthy', advice: null });
    expect(limit(limited(200, 83, 'near'), 1)).toMatchObject({
      state: 'degraded',
      figures: '83 % of the 200 that may wait for all webhooks',
      advice: expect.stringContaining('set_queue_limit'),
    });
    expect(limit(limited(200, 100.5, 'reached'), 1)).toMatchObject({
      state: 'unavailable',
      figures: expect.stringContaining('new alerts are refused'),
    });
    expect(limit(limited(200, 10, 'free'), 2)).toMatchObject({
      state: 'degraded',
      figures: expect.stringContaining('2 other tenants near theirs'),
    });
  });

  test('says what to do when partitions run out, connections run short, workers fall silent or processes die', () => {
    expect(partOf('Partitions', well({ partition_runway_seconds: 86_400 }))).toMatchObject({ state: 'degraded' });
    expect(partOf('Partitions', well({ partition_runway_seconds: 0 }))?.state).toBe('unavailable');
    expect(partOf('Connections', well({ connections: 95 }))?.advice).toContain('max_connections');
    const { server } = well();
    const waiting = { ...well(), server: { ...server, pool: { size: 48, used: 48, waiting: 7 } } };
    expect(partOf('Connections', waiting)).toMatchObject({
      state: 'degraded',
      figures: expect.stringContaining('7 calls waiting'),
    });
    expect(partOf('Workers', fakeSystem() as SystemOverview)).toMatchObject({
      state: 'degraded',
      advice: expect.stringContaining('given to others'),
    });
    const none = { ...health, delivery: { ...health.delivery, workers: 0 } };
    expect(partOf('Workers', well(), none)).toMatchObject({ state: 'unavailable' });
    const restarted = { ...well(), server: { ...server, restarts: 2 } };
    expect(partOf('Processes', restarted)?.figures).toContain('2 restarts since the start');
  });
});
