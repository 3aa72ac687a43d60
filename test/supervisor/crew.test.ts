// Keeping a number of processes running, with processes that do as the test says.
import { describe, expect, test } from 'bun:test';
import { Crew, type CrewOptions } from '../../src/cli/crew.ts';
import { createLog } from '../../src/log.ts';
import { until } from '../support/wait.ts';

/** A process that is ready, ends and obeys when the test says so. */
class Puppet {
  readonly #ready = Promise.withResolvers<void>();
  readonly #exited = Promise.withResolvers<void>();
  isAlive = true;
  isAsked = false;
  isStubborn = false;

  constructor(
    readonly seat: number,
    readonly pid: number,
  ) {
    this.#ready.promise.catch(() => undefined);
  }

  get = () => this.#ready.resolve();

  end = () => {
    this.isAlive = false;
    this.#ready.reject(new Error('ended'));
    this.#exited.resolve();
  };

  get member() {
    return {
      pid: this.pid,
      ready: this.#ready.promise,
      exited: this.#exited.promise,
      stop: () => {
        this.isAsked = true;
        if (!this.isStubborn) this.end();
      },
      kill: this.end,
    };
  }
}

function makeCrew(options: Partial<CrewOptions> = {}) {
  const started: Puppet[] = [];
  const lines: string[] = [];
  const states: { ready: number; restarts: number; freeSeat?: number }[] = [];
  const behaviour = { isReadyAtOnce: true };
  const crew = new Crew({
    size: 3,
    log: createLog({ write: (line) => void lines.push(line) }),
    start: (seat) => {
      const puppet = new Puppet(seat, 100 + started.length);
      started.push(puppet);
      if (behaviour.isReadyAtOnce) puppet.get();
      return puppet.member;
    },
    onChange: (state) => void states.push(state),
    ...options,
  });
  const alive = () => started.filter(({ isAlive }) => isAlive);
  const pids = () => alive().map(({ pid }) => pid);
  return { crew, started, states, lines, behaviour, alive, pids };
}

describe('a crew', () => {
  test('is started when all are ready, each on a seat of its own', async () => {
    const { crew, started, behaviour, states } = makeCrew();
    behaviour.isReadyAtOnce = false;
    let isStarted = false;
    const starting = crew.start().then(() => {
      isStarted = true;
    });
    expect(started.map(({ seat }) => seat)).toEqual([0, 1, 2]);
    for (const puppet of started.slice(1)) puppet.get();
    await until(() => states.at(-1)?.ready === 2);
    expect(isStarted).toBe(false);
    started[0]?.get();
    await starting;
    expect(states.at(-1)).toEqual({ ready: 3, restarts: 0 });
  });

  test('does not start when one of them ends first', async () => {
    const { crew, started, behaviour } = makeCrew();
    behaviour.isReadyAtOnce = false;
    const starting = crew.start();
    started[1]?.end();
    await expect(starting).rejects.toThrow('ended');
  });

  test('gets another for each that ends unasked, on the seat that became free', async () => {
    const { crew, started, states, alive } = makeCrew();
    await crew.start();
    started[1]?.end();
    await until(() => alive().length === 3);
    expect(started.at(-1)?.seat).toBe(1);
    await until(() => states.at(-1)?.ready === 3);
    expect(states.at(-1)).toEqual({ ready: 3, restarts: 1 });
    expect(states).toContainEqual({ ready: 2, restarts: 0, freeSeat: 1 });
  });

  test('starts what ends again and again ever more rarely', async () => {
    const { crew, started, lines } = makeCrew({ size: 1 });
    await crew.start();
    for (let i = 1; i <= 3; i++) {
      started.at(-1)?.end();
      await until(() => started.length === i + 1);
    }
    const delays = lines.flatMap((line) => /"delay_ms":(\d+)/.exec(line)?.[1] ?? []);
    expect(delays).toEqual(['100', '200', '400']);
    await crew.stop();
  });

  test('ends in order, and by force who does not', async () => {
    const { crew, started, alive } = makeCrew({ stopMsMax: 30 });
    await crew.start();
    (started[2] as Puppet).isStubborn = true;
    await crew.stop();
    expect(started.map(({ isAsked }) => isAsked)).toEqual([true, true, true]);
    expect(alive()).toEqual([]);
    expect(started).toHaveLength(3);
  });
});

describe('replacing a crew', () => {
  test('asks nobody to go before the one that comes for them is ready', async () => {
    const { crew, started, behaviour, pids, states } = makeCrew();
    await crew.start();
    behaviour.isReadyAtOnce = false;
    const rolling = crew.roll();
    for (const round of [1, 2, 3]) {
      await until(() => started.length === 3 + round);
      expect(pids()).toHaveLength(4);
      started.at(-1)?.get();
    }
    expect(await rolling).toBe(true);
    expect(pids()).toEqual([103, 104, 105]);
    expect(states.at(-1)).toMatchObject({ ready: 3, restarts: 0 });
    expect(Math.min(...states.slice(3).map(({ ready }) => ready))).toBe(3);
  });

  test('is given up when the new one does not get ready: the old ones stay', async () => {
    const { crew, started, behaviour, pids } = makeCrew();
    await crew.start();
    behaviour.isReadyAtOnce = false;
    const rolling = crew.roll();
    await until(() => started.length === 4);
    started[3]?.end();
    expect(await rolling).toBe(false);
    expect(pids()).toEqual([100, 101, 102]);
  });

  test('is done once for all who ask meanwhile', async () => {
    const { crew, started } = makeCrew();
    await crew.start();
    expect(await Promise.all([crew.roll(), crew.roll(), crew.roll()])).toEqual([true, true, true]);
    expect(started).toHaveLength(6);
  });

  test('leaves as many as before when one ends by itself meanwhile', async () => {
    for (const victim of [0, 2]) {
      const { crew, started, behaviour, alive, states } = makeCrew();
      await crew.start();
      behaviour.isReadyAtOnce = false;
      const rolling = crew.roll();
      await until(() => started.length === 4);
      started[victim]?.end();
      behaviour.isReadyAtOnce = true;
      started[3]?.get();
      expect(await rolling).toBe(true);
      await until(() => states.at(-1)?.ready === 3);
      expect(alive()).toHaveLength(3);
      await crew.stop();
    }
  });
});
