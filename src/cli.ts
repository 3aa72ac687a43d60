#!/usr/bin/env bun
// The `tocsin` command: finds the command in the table, and turns its failure into one message and an exit code.
import { type Command, exitCodes, readLine, UsageError } from './cli/command.ts';
import { groups } from './cli/commands.ts';

/** Kinds of errors whose messages are written for people; any other is a bug, and its stack says where. */
const plainKinds = ['Error', 'CliError', 'UsageError', 'ConfigError', 'MigrateError'];

try {
  const code = await run(
    process.argv.slice(2).map((word) => word.replace(/^--(?=(?:version|help)$)|^-(?=[h]$)/, '--')),
  );
  if (typeof code === 'number') process.exit(code);
} catch (error) {
  const { name, message, stack, exitCode } = error as Error & { exitCode?: number };
  console.error(plainKinds.includes(name) ? message : stack);
  process.exit(exitCode ?? exitCodes.failed);
}

/** Resolves with the exit code, or with nothing when the command goes on until a signal ends it. */
async function run(words: string[]): Promise<unknown> {
  const asked = words.some((word) => word === '--help' || word === '--h');
  const plain = words
    .filter((word) => word !== '--help' && word !== '--h')
    .map((word) => word.replace(/^--(?=version$)/, ''));
  const found = find(plain);
  if (asked || plain.length === 0) {
    const { printHelp } = await import('./cli/help.ts');
    return printHelp(found ? found.command.name.split(' ') : plain.slice(0, 1), groups);
  }
  if (found === undefined) return refuse(plain);
  try {
    return await found.command.run(readLine(found.command, found.rest), groups);
  } catch (error) {
    if (error instanceof UsageError) error.message += `\nSee: tocsin ${found.command.name} --help`;
    throw error;
  }
}

/** The longest name wins: `webhooks list` before `webhooks`. */
function find(words: readonly string[]): { command: Command; rest: string[] } | undefined {
  for (const length of [2, 1]) {
    const command = groups
      .flatMap(({ commands }) => commands)
      .find(({ name }) => name === words.slice(0, length).join(' ') && name !== '');
    if (command) return { command, rest: words.slice(length) };
  }
  return undefined;
}

async function refuse([first = '', second]: readonly string[]): Promise<never> {
  const { describeGroup, overview } = await import('./cli/help.ts');
  const group = describeGroup(first, groups);
  if (group === '') throw new UsageError(`There is no command ${first}.\n\n${overview(groups)}`);
  throw new UsageError(
    second === undefined ? `Say what to do:\n${group}` : `There is no command ${first} ${second}.\n${group}`,
  );
}
