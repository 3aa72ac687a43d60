// A program like ours that waits for a signal.
import { startProgram } from '../../src/cli/program.ts';

const { log } = startProgram();
setInterval(() => undefined, 1_000);
log.info('waiting', { pid: process.pid });
