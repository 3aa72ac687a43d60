// Writes the reference of the command line from the table of commands.
import type { Group } from '../../src/cli/command.ts';
import { describe } from '../../src/cli/help.ts';

/** The page: what is written by hand, then each command with the text of its own help. */
export function writeCliPage(groups: readonly Group[], intro: string): string {
  const commands = groups.flatMap((group) => group.commands);
  const parts = commands.map((command) => `### tocsin ${command.name}\n\n\`\`\`\n${describe(command)}\n\`\`\`\n`);
  return `${intro.trimEnd()}\n\n${parts.join('\n')}`;
}
