// Tells the hang-up of the terminal that a program was started from, from a SIGHUP that somebody sent.
import { closeSync, openSync } from 'node:fs';

/** To be called at the start; what it returns says, later, whether there was a terminal and it is gone. */
export function watchTerminal(): () => boolean {
  const wasThere = isThere();
  return () => wasThere && !isThere();
}

/** Whatever standard output leads to: with `tocsin serve | tee log` that is no terminal, but the program hangs on one. */
function isThere(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
