// Adds up what the processes of one server count, so that any of them can tell of all.
import { SEATS } from '../config.ts';
import { openSharedMemory, SEAT_CELLS, type SharedMemory } from './shared_memory.ts';

/** What each process counts since the server started; each name stands for a cell. */
export const counters = ['l1_hits', 'l2_hits', 'misses', 'evicted'] as const;
/** What each process holds now. */
export const gauges = ['entries', 'bytes'] as const;
/** What the supervisor says of the server. */
const serverCells = ['processes', 'restarts'] as const;

const names = [...counters, ...gauges];
export type Cell = (typeof names)[number];

/** The place of a cell in a process's own row. */
export const cellOf = Object.fromEntries(names.map((name, place) => [name, place])) as Record<Cell, number>;

/** Each row is written by its one process, so that a plain addition is exact; reading adds all rows. */
export class Scoreboard {
  /** The cells of this process; see `cellOf`. */
  readonly row: Float64Array;
  readonly #board: Float64Array;

  /** @param seat whose row this process writes, from 0: no two at the same time have the same one */
  constructor(memory: Pick<SharedMemory, 'board'> = openSharedMemory(), seat = 0) {
    if (!(seat >= 0 && seat < SEATS)) throw new Error(`There is no seat ${seat}.`);
    this.#board = memory.board;
    this.row = this.#board.subarray((seat + 1) * SEAT_CELLS, (seat + 2) * SEAT_CELLS);
    this.leave();
  }

  /** Over all processes, those that have ended included. */
  sum(name: Cell): number {
    let sum = 0;
    for (let at = SEAT_CELLS + cellOf[name]; at < this.#board.length; at += SEAT_CELLS)
      sum += this.#board[at] as number;
    return sum;
  }

  /** What this process held is gone. What it counted stays: a process that takes its seat counts on. */
  leave(): void {
    for (const name of gauges) this.row[cellOf[name]] = 0;
  }

  /** Processes that serve now, and how often one had to be started again; one and never without a supervisor. */
  get server(): { processes: number; restarts: number } {
    const [processes = 0, restarts = 0] = this.#board;
    return { processes: processes || 1, restarts };
  }

  setServer(name: (typeof serverCells)[number], value: number): void {
    this.#board[serverCells.indexOf(name)] = value;
  }
}
