// Runs the commands of a documentation page as they stand there, and holds what they print against what the page says.
import { join } from 'node:path';
import { runCommand } from './children.ts';

/** A block of commands, and what the page says that they answer. */
export interface PageCommand {
  /** The last heading above it. */
  heading: string;
  commands: string;
  /** In it `…` stands for anything within a line. Undefined where the page shows no answer. */
  answer: string | undefined;
}

export interface RunOptions {
  cwd?: string;
  /** Put before the shell, such as `runuser` and whom to become. */
  prefix?: string[];
}

const root = join(import.meta.dir, '../..');
const marker = '=== end of block';

/** The `sh` blocks of a page below a heading, with its subheadings. A block of `text` or `json` right after one is its answer. */
export async function readPageCommands(path: string, heading: string): Promise<PageCommand[]> {
  const text = await Bun.file(join(root, path)).text();
  const found: PageCommand[] = [];
  let depth: number | undefined;
  let title = '';
  let isAnswerNext = false;
  for (const [, marks, words = '', language, body = ''] of text.matchAll(
    /^(?:(#+) (.*)|```(\w+)\n([\s\S]*?)\n```)$/gm,
  )) {
    if (marks !== undefined) {
      if (words === heading) depth = marks.length;
      else if (depth !== undefined && marks.length <= depth) depth = undefined;
      title = words;
      isAnswerNext = false;
    } else if (depth !== undefined && language === 'sh') {
      found.push({ heading: title, commands: body, answer: undefined });
      isAnswerNext = true;
    } else if (isAnswerNext && (language === 'text' || language === 'json')) {
      Object.assign(found.at(-1) ?? {}, { answer: body });
      isAnswerNext = false;
    }
  }
  if (found.length === 0) throw new Error(`${path} has no commands below ${heading}.`);
  return found;
}

/**
 * Runs the blocks one after the other in one bash, which stops at the first that fails: what one sets, the next ones see.
 * @throws Error naming the block that failed or answered something else
 */
export async function runPageCommands(
  blocks: readonly PageCommand[],
  env: Record<string, string>,
  { cwd, prefix = [] }: RunOptions = {},
): Promise<void> {
  const script = blocks.map(({ commands }) => `{\n${commands}\n} 2>&1\nprintf '\\n${marker}\\n'`).join('\n');
  const { stdout, stderr } = await runCommand([...prefix, 'bash', '-euo', 'pipefail', '-c', script], {
    env,
    ...(cwd === undefined ? {} : { cwd }),
  });
  const answers = stdout.split(`\n${marker}\n`);
  for (const [i, { heading, commands, answer }] of blocks.entries()) {
    const given = answers[i]?.replaceAll('\r', '').trim() ?? '';
    const at = `${heading}:\n${commands}\n\n`;
    if (i >= answers.length - 1) throw new Error(`${at}failed:\n${given}\n${stderr}`);
    if (answer !== undefined && !fits(given, answer))
      throw new Error(`${at}answered:\n${given}\n\nand not:\n${answer}`);
  }
}

function fits(given: string, answer: string): boolean {
  const pattern = answer.trim().split('…').map(RegExp.escape).join('.*');
  return new RegExp(`^${pattern}$`).test(given);
}
