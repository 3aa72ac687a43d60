// Asks the registry for known weaknesses of what we depend on: `bun run audit` fails on high and critical ones in what is served.
import { join } from 'node:path';

const root = join(import.meta.dir, '..');
const audit = Bun.spawn([process.execPath, 'audit', '--production', '--audit-level=high'], {
  cwd: root,
  stdout: 'pipe',
  stderr: 'pipe',
});
const [stdout, stderr] = await Promise.all([new Response(audit.stdout).text(), new Response(audit.stderr).text()]);
const code = await audit.exited;
const isFound = /GHSA-|^\d+ vulnerabilit/m.test(stdout);
if (code === 0) {
  console.log('No known weakness of severity high or critical.');
} else if (isFound) {
  console.log(stdout);
  process.exitCode = 1;
} else {
  // Not every network has a way there, and a mirror may not offer it: that says nothing about us.
  console.log(`The registry could not be asked: ${stderr.trim().split('\n').at(-1)}`);
}
