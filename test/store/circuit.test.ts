// How long anybody waits for a server that one can do without.
import { describe, expect, test } from 'bun:test';
import { Circuit } from '../../src/store/circuit.ts';
import { until } from '../support/wait.ts';

const never = () => new Promise<string>(() => undefined);
const now = () => performance.now();

describe('a circuit', () => {
  test('passes on what comes in time, and gives up on what does not', async () => {
    const circuit = new Circuit(20, 60_000);
    expect(await circuit.ask(async () => 'answer')).toBe('answer');
    const startedAt = now();
    expect(await circuit.ask(never)).toBeUndefined();
    expect(now() - startedAt).toBeWithin(19, 200);
  });

  test('is broken after several failures in a row, not after one, however many asked at once', async () => {
    const circuit = new Circuit(60_000, 200);
    const fail = () => circuit.ask(() => Promise.reject(new Error('refused')));
    for (let i = 0; i < 3; i++) {
      expect(circuit.isBroken).toBe(false);
      await Promise.all(i === 0 ? [fail(), fail(), fail(), fail()] : [fail()]);
      if (i < 2) {
        expect(circuit.isBroken).toBe(false);
        await until(() => circuit.isClosed);
      }
    }
    expect(circuit.isBroken).toBe(true);
    await until(() => circuit.isClosed);
    expect(await circuit.ask(async () => 'back')).toBe('back');
    await fail();
    expect(circuit.isBroken).toBe(false);
  });

  test('asks nobody for a while after a failure, and then one', async () => {
    const circuit = new Circuit(10, 100);
    let asked = 0;
    const ask = (answer: () => Promise<string>) =>
      circuit.ask(() => {
        asked++;
        return answer();
      });
    expect(await ask(() => Promise.reject(new Error('refused')))).toBeUndefined();
    expect(circuit.isClosed).toBe(false);
    const startedAt = now();
    for (let i = 0; i < 1_000; i++) await ask(async () => 'x');
    if (now() - startedAt < 90) expect(asked).toBe(1);
    await until(() => circuit.isClosed);
    const before = asked;
    expect(await Promise.all([ask(never), ask(async () => 'x'), ask(async () => 'x')])).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(asked).toBe(before + 1);
    await until(() => circuit.isClosed);
    expect(await ask(async () => 'back')).toBe('back');
    expect(await Promise.all([ask(async () => 'a'), ask(async () => 'b')])).toEqual(['a', 'b']);
  });

  test('lets all who wait go together', async () => {
    const circuit = new Circuit(20, 60_000);
    const startedAt = now();
    const asked = Array.from({ length: 1_000 }, () => circuit.ask(never));
    expect(new Set(await Promise.all(asked))).toEqual(new Set([undefined]));
    expect(now() - startedAt).toBeLessThan(200);
  });
});
