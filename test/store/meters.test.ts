// What several processes count in one memory: sums that forget nothing, gauges that end with their process.
import { afterAll, describe, expect, test } from 'bun:test';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SEATS } from '../../src/config.ts';
import { counters, gauges, METER_CELLS } from '../../src/store/meter_specs.ts';
import { clearGauges, Meters } from '../../src/store/meters.ts';
import { openSharedMemory, SEAT_CELLS } from '../../src/store/shared_memory.ts';

const path = join(tmpdir(), `tocsin-meters-${process.pid}`);
afterAll(() => rmSync(path, { force: true }));
const memory = openSharedMemory(path);
const { late, lag, cpu } = counters;

describe('meters', () => {
  test('of several processes are added up, whichever looks', () => {
    const [one, two] = [new Meters(memory, 0), new Meters(memory, SEATS - 1)];
    one.add(late, 0, 3);
    two.add(late);
    one.set(gauges.sockets, 5);
    two.set(gauges.sockets, 2);
    for (const each of [one, two, new Meters(openSharedMemory(path), 7)]) {
      expect(each.total()[late.at]).toBe(4);
      expect(each.total()[gauges.sockets.at]).toBe(7);
    }
    clearGauges(memory, 0);
    expect(two.total()[gauges.sockets.at]).toBe(2);
    expect(two.total()[late.at]).toBe(4);
  });

  test('go on where the process before in the same seat ended, also where a count is followed', () => {
    const first = new Meters(memory, 3);
    first.follow(cpu)(10);
    const next = new Meters(memory, 3);
    const follow = next.follow(cpu);
    follow(1);
    follow(2);
    expect(next.total()[cpu.at]).toBe(12);
  });

  test('of another version are neither read nor gone on with', () => {
    const [mine, theirs] = [new Meters(memory, 4), new Meters(memory, 5)];
    const before = mine.total()[late.at] as number;
    theirs.add(late, 0, 1_000);
    memory.board[6 * SEAT_CELLS + SEAT_CELLS - 1] = 12_345;
    expect(mine.total()[late.at]).toBe(before);
    new Meters(memory, 5);
    expect(mine.total()[late.at]).toBe(before);
  });

  test('put a value into the bucket whose bound it does not exceed, and add it to the sum', () => {
    const meters = new Meters();
    for (const seconds of [0.001, 0.0011, 10, 11, -1, Number.NaN]) meters.observe(lag, seconds);
    const cells = meters.total().subarray(lag.at, lag.at + lag.width);
    expect(cells[0]).toBe(3);
    expect(cells[1]).toBe(1);
    expect(cells[lag.bounds.length - 1]).toBe(1);
    expect(cells[lag.bounds.length]).toBe(1);
    expect(cells[lag.width - 1]).toBeCloseTo(21.0021);
  });

  test('have cells of their own, and leave no hole', () => {
    const specs = [...Object.values(gauges), ...Object.values(counters)];
    let end = 0;
    for (const { at, width, labels } of specs) {
      expect(at).toBe(end);
      end += Object.values(labels).reduce((count, values) => count * values.length, width);
    }
    expect(end).toBe(METER_CELLS);
    expect(new Set(specs.map(({ name }) => name)).size).toBe(specs.length);
  });
});
