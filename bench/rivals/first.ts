// Lets a worker of `worker_loop` say when its first job runs, so that what it takes to start is not measured.

let isSaid = false;

/** Prints a line, the first time. */
export function sayFirst(): void {
  if (isSaid) return;
  isSaid = true;
  console.log('first');
}
