// What a command is: its words, its options, and how a command line is read by them. Help and completion are made of the same.
import { parseArgs } from 'node:util';

/** One `--option`. `value` is what its value is called in the help; without one it is a switch. */
export interface Option {
  value?: string;
  help: string;
  short?: string;
  /** May be given more than once. */
  isList?: boolean;
  choices?: readonly string[];
  /** Used when it is not given; shown in the help. */
  fallback?: string;
}

export interface Command {
  /** One word or two, such as `webhooks list`. */
  name: string;
  summary: string;
  /** The rest of the command line, as the help shows it: `<webhook>`. The count of words in <> or [] is the most that may come. */
  operands?: string;
  options?: Readonly<Record<string, Option>>;
  /** Without the `tocsin` before them. */
  examples?: readonly string[];
  /** Resolves with its exit code, or with nothing when it goes on until a signal ends it. */
  run(line: Line, groups: readonly Group[]): unknown;
}

/** All commands, as the help lists them; a command gets them to tell of the others. */
export interface Group {
  title: string;
  commands: readonly Command[];
}

/** How a command ends; see docs/CLI.md. */
export const exitCodes = { done: 0, failed: 1, usage: 2, missing: 3, unreachable: 4 } as const;

/** A failure in words for people, with the exit code that scripts tell it by. */
export class CliError extends Error {
  override name = 'CliError';
  constructor(
    message: string,
    readonly exitCode: number = exitCodes.failed,
  ) {
    super(message);
  }
}

/** The command line was not understood. */
export class UsageError extends CliError {
  override name = 'UsageError';
  constructor(message: string) {
    super(message, exitCodes.usage);
  }
}

export const jsonOption = { json: { help: 'prints JSON, for programs' } } as const;

/** A command line that was read. */
export class Line {
  constructor(
    readonly command: Command,
    readonly operands: readonly string[],
    private readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>,
  ) {}

  text(name: string): string | undefined {
    const value = this.values[name] ?? this.command.options?.[name]?.fallback;
    return typeof value === 'string' ? value : undefined;
  }

  list(name: string): string[] {
    const value = this.values[name];
    return Array.isArray(value) ? value.map(String) : [];
  }

  has(name: string): boolean {
    return this.values[name] !== undefined;
  }

  /**
   * A whole number.
   * @throws UsageError
   */
  count(name: string): number | undefined {
    const text = this.text(name);
    if (text !== undefined && !/^\d{1,9}$/.test(text)) throw new UsageError(`--${name} must be a whole number.`);
    return text === undefined ? undefined : Number(text);
  }

  get isJson(): boolean {
    return this.has('json');
  }
}

/**
 * Reads what follows the name of a command.
 * @throws UsageError
 */
export function readLine(command: Command, args: string[]): Line {
  const options = Object.entries(command.options ?? {}).map(([name, { value, isList, short }]) => [
    name,
    { type: value === undefined ? 'boolean' : 'string', multiple: isList === true, ...(short && { short }) } as const,
  ]);
  let read: ReturnType<typeof parseArgs>;
  try {
    read = parseArgs({ args, options: Object.fromEntries(options), allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const most = (command.operands?.match(/[<[]/g) ?? []).length;
  const least = (command.operands?.match(/</g) ?? []).length;
  const given = read.positionals.length;
  if (given > most) throw new UsageError(`There is one word too many: ${read.positionals[most]}`);
  if (given < least) throw new UsageError(`Something is missing: ${command.operands}`);
  for (const [name, { choices }] of Object.entries(command.options ?? {})) {
    const value = read.values[name];
    if (choices !== undefined && typeof value === 'string' && !choices.includes(value)) {
      throw new UsageError(`--${name} must be one of ${choices.join(', ')}.`);
    }
  }
  return new Line(command, read.positionals, read.values);
}
