// A program that meets a bug of its own: an error that nobody catches, with a secret in its message.
import { startProgram } from '../../src/cli/program.ts';

startProgram();
setTimeout(() => {
  throw new Error('cannot go on with postgres://u:hunter2@db/');
});
