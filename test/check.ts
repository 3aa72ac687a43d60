// Runs every check of the project, as `bun run check`; its last line counts what passed and what failed.
import { join } from 'node:path';

const root = join(import.meta.dir, '..');
const tool = (path: string, ...args: string[]) => [join('node_modules', path), ...args];

/** All run with this Bun, so that a machine without Node can check too. */
const steps = [
  { name: 'format', command: tool('@biomejs/biome/bin/biome', 'format', '--error-on-warnings', '.') },
  { name: 'lint', command: tool('@biomejs/biome/bin/biome', 'lint', '--error-on-warnings', '.') },
  { name: 'types', command: tool('typescript/bin/tsc', '--noEmit') },
  { name: 'audit', command: ['deploy/audit.ts'] },
];
/** Tests wait more than they work, so three parts of them run side by side even on two cores; they share one test server. */
const shards = ['1/3', '2/3', '3/3'].map((shard) => ['test', '--timeout', '30000', '--retry', '1', `--shard=${shard}`]);

let passed = 0;
let failed = 0;
/** These passed when they were tried again: on a busy machine that may be all there is to it, but each is worth a look. */
const unsteady: string[] = [];
for (const { name, command } of steps) {
  console.log(`\n== ${name}`);
  const { output, isRight } = await run(command);
  process.stdout.write(output);
  if (isRight) passed += 1;
  else failed += 1;
}
console.log('\n== tests, in three parts; each is shown when it is done');
await Promise.all(
  shards.map(async (command) => {
    const { output, isRight } = await run(command);
    process.stdout.write(output);
    passed += countOf(output, 'pass');
    unsteady.push(...[...output.matchAll(/^\(pass\) (.*) \(attempt 2\)/gm)].map(([, name]) => name ?? ''));
    // A run can fail without a failed test: a file that does not load, an error between two tests.
    failed += Math.max(countOf(output, 'fail'), isRight ? 0 : 1);
  }),
);
for (const name of unsteady) console.log(`\npassed at the second attempt only: ${name}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

/** Runs a command and keeps what it prints, in the order in which it came. */
async function run(command: string[]): Promise<{ output: string; isRight: boolean }> {
  const child = Bun.spawn([process.execPath, ...command], {
    cwd: root,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  let output = '';
  const keep = async (from: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    for await (const chunk of from) output += decoder.decode(chunk, { stream: true });
  };
  await Promise.all([keep(child.stdout), keep(child.stderr)]);
  return { output, isRight: (await child.exited) === 0 };
}

/** The last line of Bun's summary for this word, such as ` 12 pass`. */
function countOf(output: string, word: 'pass' | 'fail'): number {
  return Number([...output.matchAll(new RegExp(`^\\s*(\\d+) ${word}\\s*$`, 'gm'))].at(-1)?.[1] ?? 0);
}
