// `tocsin completion`: scripts for the shells, made from the table of commands, so that they know what this version knows.
import { type Command, exitCodes, type Group, type Line, UsageError } from './command.ts';

/** Prints the script. */
export function runCompletion({ operands: [shell = ''] }: Line, groups: readonly Group[]): number {
  const script = { bash, zsh, fish }[shell];
  if (script === undefined) throw new UsageError('The shell must be one of bash, zsh, fish.');
  console.log(script(groups.flatMap(({ commands }) => commands)));
  return exitCodes.done;
}

type Words = { first: string[]; second: Map<string, string[]>; options: Map<string, string[]> };

/** What may come first, what may follow that, and the options of each command. */
function words(commands: readonly Command[]): Words {
  const second = new Map<string, string[]>();
  for (const { name } of commands) {
    const [first = '', next] = name.split(' ');
    if (next !== undefined) second.set(first, [...(second.get(first) ?? []), next]);
  }
  const options = new Map(
    commands.map(({ name, options }) => [name, [...Object.keys(options ?? {}), 'help'].map((word) => `--${word}`)]),
  );
  return { first: [...new Set(commands.map(({ name }) => name.split(' ')[0] as string))], second, options };
}

function bash(commands: readonly Command[]): string {
  const { first, second, options } = words(commands);
  const choices = commands.flatMap(({ name, options }) =>
    Object.entries(options ?? {}).flatMap(([word, option]) =>
      option.choices ? [`    '${name} --${word}') words='${option.choices.join(' ')}' ;;`] : [],
    ),
  );
  return `# Completion of tocsin for bash; made by: tocsin completion bash
_tocsin() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command words=''
  command="\${COMP_WORDS[1]}"
  case "$command" in
    ${[...second.keys()].join('|')}) [ "$COMP_CWORD" -gt 2 ] && command="$command \${COMP_WORDS[2]}" ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words='${first.join(' ')}'
  else case "$command" in
${[...second].map(([word, next]) => `    '${word}') words='${next.join(' ')}' ;;`).join('\n')}
    'completion') words='bash zsh fish' ;;
${[...options].map(([name, list]) => `    '${name}') words='${list.join(' ')}' ;;`).join('\n')}
  esac; fi
  case "$command $previous" in
${choices.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _tocsin tocsin`;
}

function zsh(commands: readonly Command[]): string {
  const { first, second, options } = words(commands);
  return `#compdef tocsin
# Completion of tocsin for zsh; made by: tocsin completion zsh
_tocsin() {
  local command="$words[2]"
  case "$command" in
    ${[...second.keys()].join('|')}) (( CURRENT > 3 )) && command="$command $words[3]" ;;
  esac
  if (( CURRENT == 2 )); then compadd -- ${first.join(' ')}
  else case "$command" in
${[...second].map(([word, next]) => `    '${word}') compadd -- ${next.join(' ')} ;;`).join('\n')}
    'completion') compadd -- bash zsh fish ;;
${[...options].map(([name, list]) => `    '${name}') compadd -- ${list.join(' ')} ;;`).join('\n')}
  esac; fi
}
if [ "$funcstack[1]" = _tocsin ]; then _tocsin "$@"; else compdef _tocsin tocsin; fi`;
}

function fish(commands: readonly Command[]): string {
  const { second } = words(commands);
  const quoted = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;
  const lines = commands.flatMap(({ name, summary, options }) => {
    const [first = '', next] = name.split(' ');
    const isFirst = `not __fish_seen_subcommand_from ${commands.map((each) => each.name.split(' ')[0]).join(' ')}`;
    const parent = `__fish_seen_subcommand_from ${first}`;
    const here = next === undefined ? parent : `${parent}; and __fish_seen_subcommand_from ${next}`;
    const among = second.get(first)?.join(' ') ?? '';
    const start =
      next === undefined
        ? `complete -c tocsin -f -n '${isFirst}' -a ${first} -d ${quoted(summary)}`
        : `complete -c tocsin -f -n '${parent}; and not __fish_seen_subcommand_from ${among}' -a ${next} -d ${quoted(summary)}`;
    const parts = Object.entries(options ?? {}).map(([word, { help, value, choices }]) => {
      const argument = choices ? ` -x -a '${choices.join(' ')}'` : value === undefined ? '' : ' -x';
      return `complete -c tocsin -n '${here}' -l ${word}${argument} -d ${quoted(help)}`;
    });
    return [start, ...parts];
  });
  const groups = [...second.keys()].map((word) => `complete -c tocsin -f -n '__fish_use_subcommand' -a ${word}`);
  return ['# Completion of tocsin for fish; made by: tocsin completion fish', ...groups, ...lines].join('\n');
}
