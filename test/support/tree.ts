// Reads the project's own files, for tests that check how it is written.
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** One file, by its path from the root. */
export interface TreeFile {
  path: string;
  text: string;
  lines: string[];
}

const root = join(import.meta.dir, '../..');

/** The files that match a pattern such as `src/**\/*.ts`, in order. */
export function readTree(...patterns: string[]): TreeFile[] {
  const paths = patterns.flatMap((pattern) => [...new Bun.Glob(pattern).scanSync({ cwd: root, dot: true })]).sort();
  return paths.map((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    return { path, text, lines: text.trimEnd().split('\n') };
  });
}

/** An import of another file of the project. */
export interface Import {
  from: string;
  to: string;
  /** Gone when the program runs. */
  isTypeOnly: boolean;
}

/** What a file imports from the project, types included. */
export function listImports(file: TreeFile): Import[] {
  const statements = file.text.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'"]*?\sfrom\s+)?['"](\.[^'"]+)['"]/gm);
  const dynamic = file.text.matchAll(/\bimport\(\s*()['"](\.[^'"]+)['"]/g);
  return [...statements, ...dynamic].map(([, type, to = '']) => ({
    from: file.path,
    to: normalize(join(dirname(file.path), to)),
    isTypeOnly: Boolean(type),
  }));
}

/** The chains of files that import one another in a circle when the program runs. */
export function findCycles(imports: Import[]): string[] {
  const next = Map.groupBy(
    imports.filter((one) => !one.isTypeOnly),
    (one) => one.from,
  );
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, chain: string[]): void => {
    if (chain.includes(path)) cycles.push([...chain.slice(chain.indexOf(path)), path].join(' → '));
    if (done.has(path)) return;
    done.add(path);
    for (const { to } of next.get(path) ?? []) visit(to, [...chain, path]);
  };
  for (const path of next.keys()) visit(path, []);
  return cycles;
}

/** `path:line text` of every line that matches, for a failed expectation to show. */
export function grep(files: TreeFile[], pattern: RegExp): string[] {
  return files.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
  );
}
