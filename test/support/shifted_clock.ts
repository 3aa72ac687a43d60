// Preloaded into a worker that is to be wrong about the time: on SIGUSR2 its clock goes by what the file CLOCK_FILE says, in ms.
import { readFileSync } from 'node:fs';

const now = Date.now;
let shiftMs = 0;
Date.now = () => now() + shiftMs;
process.on('SIGUSR2', () => {
  shiftMs = Number(readFileSync(process.env.CLOCK_FILE ?? '', 'utf8'));
});
