// Counts what the processes of one server do, each in cells of its own in their shared memory, and adds them up.
import { SEATS } from '../config.ts';
import { GAUGE_CELLS, LAYOUT, type MeterSpec, METER_CELLS } from './meter_specs.ts';
import { openSharedMemory, SEAT_CELLS, type SharedMemory } from './shared_memory.ts';

type Memory = Pick<SharedMemory, 'board' | 'meters'>;

/** The cell of a process's row on the board that says which layout its meters have; 0: it has none. */
const LAYOUT_CELL = SEAT_CELLS - 1;

/** See the methods. Each row is written by its one process, so that a plain addition is exact. */
export class Meters {
  readonly #memory: Memory;
  readonly #row: Float64Array;

  /** @param seat whose row this process writes; where the memory is this process's own there is only one */
  constructor(memory: Memory = openSharedMemory(), seat = 0) {
    this.#memory = memory;
    this.#row = rowOf(memory, seat);
    const layout = (seat + 1) * SEAT_CELLS + LAYOUT_CELL;
    // What another version counted there means something else.
    if (memory.board[layout] !== LAYOUT) this.#row.fill(0);
    memory.board[layout] = LAYOUT;
    clearGauges(memory, seat);
  }

  /** @param place among the combinations of labels, the last label changing fastest */
  add(spec: MeterSpec, place = 0, by = 1): void {
    (this.#row[spec.at + place] as number) += by;
  }

  /** Of this process. */
  set(spec: MeterSpec, value: number, place = 0): void {
    this.#row[spec.at + place] = value;
  }

  /** Counts one event of a histogram; a value that is none counts as zero. */
  observe(spec: MeterSpec, seconds: number, place = 0): void {
    const { bounds, width } = spec;
    const from = spec.at + place * width;
    const value = Math.max(seconds, 0) || 0;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    (this.#row[from + bucket] as number)++;
    (this.#row[from + width - 1] as number) += value;
  }

  /**
   * Follows a count that is kept elsewhere in this process and began at zero with it.
   * @returns to be called with it now and then
   */
  follow(spec: MeterSpec, place = 0): (count: number) => void {
    const before = this.#row[spec.at + place] as number;
    return (count) => {
      this.#row[spec.at + place] = before + count;
    };
  }

  /** What this process held is gone. What it counted stays. */
  leave(): void {
    this.#row.fill(0, 0, GAUGE_CELLS);
  }

  /** All cells, each added up over the processes, those that have ended included. */
  total(): Float64Array {
    const total = new Float64Array(METER_CELLS);
    for (const row of this.rows()) for (let i = 0; i < METER_CELLS; i++) (total[i] as number) += row[i] as number;
    return total;
  }

  /** The cells of each process that has counted here. Memory that nobody used is not looked at: looking would take it up. */
  *rows(): Generator<Float64Array> {
    const { board, meters } = this.#memory;
    for (let seat = 0; seat < Math.min(SEATS, meters.length / METER_CELLS); seat++) {
      if (board[(seat + 1) * SEAT_CELLS + LAYOUT_CELL] === LAYOUT) yield rowOf(this.#memory, seat);
    }
  }
}

/** What the process of this seat held is gone with it. */
export function clearGauges(memory: Memory, seat: number): void {
  rowOf(memory, seat).fill(0, 0, GAUGE_CELLS);
}

function rowOf({ meters }: Memory, seat: number): Float64Array {
  const rows = meters.length / METER_CELLS;
  const at = (seat % rows) * METER_CELLS;
  return meters.subarray(at, at + METER_CELLS);
}
