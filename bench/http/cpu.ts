// Reads how much CPU time programs have used, their children included: what a busy neighbour or a slow load generator hardly changes.
import { readdirSync, readFileSync } from 'node:fs';

/** Seconds so far, of all threads; NaN where the system does not tell. */
export function cpuSecondsOf(pid: number): number {
  try {
    let sum = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e9;
      const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8');
      for (const child of children.split(' ').filter(Boolean)) sum += cpuSecondsOf(Number(child));
    }
    return sum;
  } catch {
    return Number.NaN;
  }
}
