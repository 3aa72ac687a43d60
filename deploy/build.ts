// Builds the one-file program: everything in src/, the SQL sources, and the pages as they are sent. `bun run build [file]`.
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadDashboard } from '../src/http/dashboard_bundle.ts';
import { assetTypes } from '../src/http/docs.ts';
import type { PackedFolder } from '../src/own_files.ts';

const root = join(import.meta.dir, '..');
const { values, positionals } = parseArgs({
  args: Bun.argv.slice(2),
  // Such as bun-linux-arm64 or bun-darwin-arm64: Bun fetches itself for that machine, when it is not this one.
  options: { target: { type: 'string' } },
  allowPositionals: true,
});
const outfile = resolve(positionals[0] ?? join(root, 'dist/tocsin'));
const staging = mkdtempSync(join(tmpdir(), 'tocsin-build-'));
try {
  await build(await pack(), `${outfile}.new`);
  // A program that runs cannot be written over, but its name can be given to another.
  renameSync(`${outfile}.new`, outfile);
  console.log(`${outfile} ${Math.round(Bun.file(outfile).size / 2 ** 20)} MB`);
} finally {
  rmSync(staging, { recursive: true });
}

/** @returns the folders that go into the program, each by its last name */
async function pack(): Promise<string[]> {
  const place = (name: PackedFolder) => join(staging, name);
  await loadDashboard(join(staging, 'bundle'));
  const [made = ''] = readdirSync(join(staging, 'bundle'));
  renameSync(join(staging, 'bundle', made), place('dashboard'));
  mkdirSync(place('swagger_ui'));
  const swagger = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  for (const name of assetTypes.keys()) copyFileSync(join(swagger, name), join(place('swagger_ui'), name));
  return [join(root, 'sql'), place('dashboard'), place('swagger_ui')];
}

async function build(assets: string[], into: string): Promise<void> {
  mkdirSync(dirname(into), { recursive: true });
  const built = await Bun.build({
    entrypoints: [join(root, 'src/cli.ts')],
    root,
    minify: { whitespace: true, syntax: true },
    throw: false,
    compile: {
      outfile: into,
      assets,
      // Settings come from the environment, and never from a bunfig.toml that happens to lie where the program is started.
      autoloadBunfig: false,
      ...(values.target === undefined ? {} : { target: values.target as Bun.Build.CompileTarget }),
    },
  });
  if (!built.success) throw new Error(`It does not compile:\n${built.logs.join('\n')}`);
}
