// The texts of the help, made from the table of commands.
import { version } from '../../package.json' with { type: 'json' };
import { type Command, exitCodes, type Group, type Option, UsageError } from './command.ts';

const NAME_WIDTH = 18;
const OPTION_WIDTH = 24;

/** What `tocsin help` prints. */
export function overview(groups: readonly Group[]): string {
  const listed = groups.map(({ title, commands }) =>
    [title, ...commands.map(({ name, summary }) => `  ${name.padEnd(NAME_WIDTH)} ${summary}`)].join('\n'),
  );
  return `tocsin ${version}: alerts in, signed webhooks out

Usage: tocsin <command> [options]      tocsin help <command> says more about each

${listed.join('\n\n')}

Examples
  tocsin serve
  tocsin webhooks create --name demo --url http://127.0.0.1:9000/
  tocsin alerts raise "Hello" --severity WARNING
  tocsin tail

Settings come from the environment: DATABASE_URL, API_PORT and those in docs/DEPLOYMENT.md. The commands under
"Use a running one" take TOCSIN_URL (http://127.0.0.1:8000 if not set) and TOCSIN_TOKEN, a token or an API key.
It ends with 0 when done, 1 when that failed, 2 for a wrong command line, 3 when there is no such thing, 4 when the server
cannot be reached or does not let you in.`;
}

/** What `tocsin <command> --help` prints. */
export function describe({ name, summary, operands, options, examples }: Command): string {
  const usage = ['tocsin', name, operands, options && '[options]'].filter(Boolean).join(' ');
  const parts = [`${usage}\n\n  ${summary[0]?.toUpperCase()}${summary.slice(1)}.`];
  const all = { ...options, help: { help: 'prints this', short: 'h' } };
  parts.push(['Options', ...Object.entries(all).map(([word, option]) => optionLine(word, option))].join('\n'));
  if (examples) parts.push(['Examples', ...examples.map((example) => `  tocsin ${example}`)].join('\n'));
  return parts.join('\n\n');
}

/** What is printed for a word that begins several commands, such as `webhooks`. */
export function describeGroup(word: string, groups: readonly Group[]): string {
  return groups
    .flatMap(({ commands }) => commands)
    .filter(({ name }) => name.startsWith(`${word} `))
    .map(
      ({ name, operands, summary }) => `  tocsin ${[name, operands].filter(Boolean).join(' ').padEnd(28)} ${summary}`,
    )
    .join('\n');
}

export function printHelp(words: readonly string[], groups: readonly Group[]): number {
  const wanted = words.join(' ');
  const command = groups.flatMap(({ commands }) => commands).find(({ name }) => name === wanted);
  const text = wanted === '' ? overview(groups) : command ? describe(command) : describeGroup(wanted, groups);
  if (text === '') throw new UsageError(`There is no command ${wanted}.`);
  console.log(text);
  return exitCodes.done;
}

export function printVersion(): number {
  console.log(version);
  return exitCodes.done;
}

function optionLine(word: string, { value, help, short, choices, fallback }: Option): string {
  const form = `${short ? `-${short}, ` : ''}--${word}${value ? ` ${value}` : ''}`;
  const more = [choices && `one of ${choices.join(', ')}`, fallback && `${fallback} if not given`].filter(Boolean);
  return `  ${form.padEnd(OPTION_WIDTH)} ${[help, ...more].join('; ')}`;
}
