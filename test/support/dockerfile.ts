// Reads a Dockerfile, as far as ours goes: stages and their instructions, in order, with variables filled in.

export interface Instruction {
  /** In capitals, such as COPY. */
  name: string;
  /** `--from=build` and the like, as `{ from: 'build' }`. */
  flags: Record<string, string>;
  /** The words after it: those of a JSON list, or of a line. */
  words: string[];
  /** All after name and flags, as it stands. */
  text: string;
}

export interface Stage {
  base: string;
  name: string | undefined;
  instructions: Instruction[];
}

/** @throws Error at an instruction outside any stage */
export function readDockerfile(text: string): Stage[] {
  const stages: Stage[] = [];
  const variables = new Map<string, string>();
  const lines = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  for (const line of lines) {
    const instruction = readInstruction(line.replace(/\$\{(\w+)\}/g, (whole, name) => variables.get(name) ?? whole));
    const { name, words, text: rest } = instruction;
    const stage = stages.at(-1);
    if (name === 'FROM') stages.push({ base: words[0] ?? '', name: words[2], instructions: [] });
    else if (stage !== undefined) stage.instructions.push(instruction);
    else if (name === 'ARG') variables.set(...(rest.split('=') as [string, string]));
    else throw new Error(`${name} stands before the first FROM.`);
  }
  return stages;
}

function readInstruction(line: string): Instruction {
  const [, name = '', after = ''] = /^\s*(\w+)\s+(.*)$/.exec(line) ?? [];
  const flags: Record<string, string> = {};
  const text = after.replace(/^(?:--[\w-]+=\S+\s+)+/, (all) => {
    for (const flag of all.trim().split(/\s+/)) {
      const [key = '', value = ''] = flag.slice(2).split(/=(.*)/s);
      flags[key] = value;
    }
    return '';
  });
  const list = /\[.*\]$/.exec(text)?.[0];
  const words = list !== undefined ? (JSON.parse(list) as string[]) : text.split(/\s+/);
  return { name: name.toUpperCase(), flags, words, text };
}
