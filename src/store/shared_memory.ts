// Gives the processes of one server a few arrays in common: a file that all of them map into their memory.
import { closeSync, ftruncateSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { SEATS } from '../config.ts';
import { METER_CELLS } from './meter_specs.ts';

/** One counter per slot of epochs.ts. */
export const EPOCH_SLOTS = 65_536;
/** Figures per process. */
export const SEAT_CELLS = 32;

/** What is shared. All of it may be lost at any time but while processes run. */
export type SharedMemory = {
  /** How often what depends on a slot has changed. */
  epochs: Uint32Array;
  /** When it changed last, in milliseconds since 1970. */
  changedAt: Float64Array;
  /** `SEAT_CELLS` figures of the server, and then as many of each process: see scoreboard.ts. */
  board: Float64Array;
  /** `METER_CELLS` counts of each process, or of this one if it is alone: see meters.ts. */
  meters: Float64Array;
};

const EPOCH_BYTES = EPOCH_SLOTS * Uint32Array.BYTES_PER_ELEMENT;
const CHANGED_BYTES = EPOCH_SLOTS * Float64Array.BYTES_PER_ELEMENT;
const BOARD_CELLS = (SEATS + 1) * SEAT_CELLS;
const METERS_AT = EPOCH_BYTES + CHANGED_BYTES + BOARD_CELLS * Float64Array.BYTES_PER_ELEMENT;
const ROW_BYTES = METER_CELLS * Float64Array.BYTES_PER_ELEMENT;
/** Most of it is a hole: what no process writes takes no room. */
const FILE_BYTES = METERS_AT + SEATS * ROW_BYTES;

/**
 * Maps the file, and makes it when it is missing. What an earlier run left in it does no harm: only changes count.
 * @param path without one the memory is this process's own
 */
export function openSharedMemory(path?: string): SharedMemory {
  const buffer = path === undefined ? new ArrayBuffer(METERS_AT + ROW_BYTES) : mapFile(path);
  return {
    epochs: new Uint32Array(buffer, 0, EPOCH_SLOTS),
    changedAt: new Float64Array(buffer, EPOCH_BYTES, EPOCH_SLOTS),
    board: new Float64Array(buffer, EPOCH_BYTES + CHANGED_BYTES, BOARD_CELLS),
    meters: new Float64Array(buffer, METERS_AT),
  };
}

function mapFile(path: string): ArrayBuffer {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'a+', 0o600);
  ftruncateSync(file, FILE_BYTES);
  closeSync(file);
  return Bun.mmap(path, { shared: true }).buffer as ArrayBuffer;
}
