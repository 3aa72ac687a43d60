// The faults that random schedules are made of: each breaks something of the world, and has mended it when it resolves.
import { excuseAll, leasesOf, settledSince } from './fault_evidence.ts';
import type { Member, World } from './fault_world.ts';
import type { makeDice } from './dice.ts';
import { until } from './wait.ts';

export type Dice = ReturnType<typeof makeDice>;

/** Resolves with how many deliveries may have come twice beyond those that were excused by name. */
export type Fault = { name: string; strike(world: World, dice: Dice, isLong: boolean): Promise<number> };

const HOUR_MS = 3_600_000;

const pickMember = ({ members }: World, dice: Dice) => members[Math.floor(dice.random() * members.length)] as Member;
const between = (dice: Dice, from: number, to: number) => from + Math.floor(dice.random() * (to - from));

/** Resolves when so many milliseconds of a fault have passed: its length is what it is about. */
const last = (ms: number) => Bun.sleep(ms);

const killed: Fault = {
  name: 'kill -9 of a worker',
  async strike(world, dice) {
    const member = pickMember(world, dice);
    await member.child.stop('SIGKILL');
    await world.rig.excuse([member.workerId]);
    await world.rig.bury(member.workerId);
    await member.restart();
    return 0;
  },
};

const frozen: Fault = {
  name: 'a worker frozen past its lease and thawed',
  async strike(world, dice) {
    const member = pickMember(world, dice);
    await settledSince(world.sql, () => process.kill(member.child.pid, 'SIGSTOP'));
    await world.rig.excuse([member.workerId]);
    await world.rig.bury(member.workerId);
    await until(async () => (await leasesOf(world.sql, member.workerId)) === 0, { timeoutMs: 30_000 });
    await last(between(dice, 0, 500));
    process.kill(member.child.pid, 'SIGCONT');
    return 0;
  },
};

const crashed: Fault = {
  name: 'PostgreSQL shut down at once',
  async strike(world) {
    await world.postgres.crash();
    // The crash may take back the last claims; what they had sent is sent again.
    return 2 * world.concurrency * world.members.length;
  },
};

const paused: Fault = {
  name: 'PostgreSQL paused',
  async strike(world, dice, isLong) {
    const ms = isLong ? 30_000 : between(dice, 500, 3_000);
    // So long that no heartbeat comes through: all workers seem dead when it goes on.
    if (isLong) for (const { line } of world.members) line.stall();
    if (isLong) await excuseAll(world);
    world.postgres.signalAll('SIGSTOP');
    await last(ms);
    world.postgres.signalAll('SIGCONT');
    for (const { line } of world.members) line.resume();
    return 0;
  },
};

const cut: Fault = {
  name: 'connections cut in mid-query',
  async strike(world, dice) {
    for (let i = between(dice, 1, 5); i > 0; i--) {
      const { line } = pickMember(world, dice);
      if (dice.random() < 0.3) line.cut();
      else line.cutInMidQuery([0, 0.5, 1][between(dice, 0, 3)] as number);
      await last(between(dice, 20, 300));
    }
    return 0;
  },
};

const stalled: Fault = {
  name: 'a line stalled',
  async strike(world, dice) {
    const { line } = pickMember(world, dice);
    line.stall();
    await last(between(dice, 300, 3_000));
    line.resume();
    return 0;
  },
};

const vanished: Fault = {
  name: 'every connection of a worker half open',
  async strike(world, dice) {
    // A server's API has a pool of its own, which only the system's keep-alive can free.
    const member = world.members[between(dice, 0, 2)] as Member;
    await settledSince(world.sql, () => member.line.vanish());
    // Its heartbeat may stay away for longer than others wait.
    await world.rig.excuse([member.workerId]);
    return 0;
  },
};

const redisKilled: Fault = {
  name: 'Redis killed',
  async strike({ redis }, dice) {
    await redis?.kill();
    await last(between(dice, 100, 800));
    await redis?.restart();
    return 0;
  },
};

const diskFull: Fault = {
  name: 'the disk of the log full',
  async strike({ disk }, dice) {
    disk?.fill();
    await last(between(dice, 500, 2_500));
    disk?.relieve();
    return 0;
  },
};

const clockJump: Fault = {
  name: 'a clock that jumps',
  async strike(world, dice) {
    const member = pickMember(world, dice);
    member.shiftClock(between(dice, -3 * HOUR_MS, 3 * HOUR_MS));
    await last(between(dice, 200, 1_000));
    member.shiftClock(0);
    return 0;
  },
};

const flapping: Fault = {
  name: 'a receiver that flaps',
  async strike({ rig: { receiver } }, dice) {
    for (let i = between(dice, 1, 4); i > 0; i--) {
      const isHanging = dice.random() < 0.3;
      await receiver.behave([500, 503, 429, 302][between(dice, 0, 4)] as number, isHanging);
      await last(between(dice, 50, 400));
      await receiver.behave(204);
      await last(between(dice, 50, 300));
    }
    return 0;
  },
};

/** Those that this machine allows. */
export function faultsOf({ redis, disk }: World): Fault[] {
  const always = [killed, frozen, crashed, paused, cut, stalled, vanished, clockJump, flapping];
  return [...always, ...(redis ? [redisKilled] : []), ...(disk ? [diskFull] : [])];
}
