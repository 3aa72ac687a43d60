// Bundles the dashboard page from src/web and compresses it, once per version of its sources: the result is kept on disk.
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { version } from '../../package.json' with { type: 'json' };
import { packedFolder } from '../own_files.ts';

/** One file of the page in the three forms in which it can be sent. */
export interface PageFile {
  type: string;
  /** Of the uncompressed content; quoted, as in the header. */
  etag: string;
  plain: Uint8Array<ArrayBuffer>;
  gzip: Uint8Array<ArrayBuffer>;
  brotli: Uint8Array<ArrayBuffer>;
}

/** All files by their name; the page itself is `page.html`, the names of the others hold a hash of their content. */
export type PageFiles = ReadonlyMap<string, PageFile>;

const webFolder = join(import.meta.dir, '../web');
const types: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Changes when the same sources are to be bundled in another way. */
const RECIPE = 1;

/**
 * The files of the page. The compiled program brings them along; else they are in `cacheFolder` when they were made before from
 * the same sources. A folder that cannot be written only costs time.
 * @throws Error naming what is wrong in the sources
 */
export async function loadDashboard(cacheFolder: string): Promise<PageFiles> {
  const packed = packedFolder('dashboard');
  if (packed !== undefined) return readKept(packed);
  const folder = join(cacheFolder, await hashSources());
  const kept = await readKept(folder);
  if (kept.has('page.html')) return kept;
  const made = await bundle();
  await keep(made, cacheFolder, folder).catch(() => undefined);
  return made;
}

async function hashSources(): Promise<string> {
  const hasher = new Bun.CryptoHasher('sha256').update(`${RECIPE} ${Bun.version}`);
  const paths = ['../../package.json', ...(await Array.fromAsync(new Bun.Glob('**/*').scan(webFolder))).sort()];
  for (const path of paths) {
    hasher.update(`\0${path}\0`);
    hasher.update(await Bun.file(join(webFolder, path)).bytes());
  }
  return hasher.digest('hex').slice(0, 16);
}

async function bundle(): Promise<PageFiles> {
  const built = await Bun.build({
    entrypoints: [join(webFolder, 'main.tsx'), join(webFolder, 'styles/page.css')],
    target: 'browser',
    minify: true,
    naming: '[name]-[hash].[ext]',
    define: { TOCSIN_VERSION: JSON.stringify(version) },
    jsx: { runtime: 'automatic', importSource: 'preact', development: false },
    throw: false,
  });
  if (!built.success) throw new Error(`The dashboard page cannot be bundled:\n${built.logs.join('\n')}`);
  const files = new Map<string, PageFile>();
  for (const output of built.outputs) {
    const name = output.path.replace(/^.*\//, '');
    files.set(name, await compress(name, new Uint8Array(await output.arrayBuffer())));
  }
  const icon = await Bun.file(join(webFolder, 'icon.svg')).bytes();
  files.set(`icon-${Bun.hash(icon).toString(36)}.svg`, await compress('icon.svg', icon));
  files.set('page.html', await compress('page.html', await makePage([...files.keys()])));
  return files;
}

/** The page with the names of its script, style and icon filled in. */
async function makePage(names: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
  const template = await Bun.file(join(webFolder, 'page.html')).text();
  const extensions: Record<string, string> = { script: '.js', style: '.css', icon: '.svg' };
  const html = template.replace(/\{\{(\w+)\}\}/g, (_, slot: string) => {
    const name = names.find((one) => one.endsWith(extensions[slot] ?? ''));
    return `/dashboard/assets/${name}`;
  });
  return new TextEncoder().encode(html);
}

async function compress(name: string, plain: Uint8Array<ArrayBuffer>): Promise<PageFile> {
  const [zipped, brotli] = await Promise.all([
    promisify(gzip)(plain, { level: 9 }),
    promisify(brotliCompress)(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
  ]);
  return describe(name, plain, new Uint8Array(zipped), new Uint8Array(brotli));
}

function describe(name: string, ...[plain, zipped, brotli]: Uint8Array<ArrayBuffer>[]): PageFile {
  const none = new Uint8Array();
  return {
    type: types[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
    etag: `"${Bun.hash(plain ?? none).toString(36)}"`,
    plain: plain ?? none,
    gzip: zipped ?? none,
    brotli: brotli ?? none,
  };
}

async function readKept(folder: string): Promise<PageFiles> {
  const paths = await readdir(folder).catch(() => []);
  const files = new Map<string, PageFile>();
  for (const path of paths.filter((one) => !/\.(?:gz|br)$/.test(one))) {
    const forms = ['', '.gz', '.br'].map((ending) => Bun.file(join(folder, path + ending)).bytes());
    files.set(path, describe(path, ...(await Promise.all(forms))));
  }
  return files;
}

/** Appears whole or not at all, as several processes may start at once; what other versions left is removed. */
async function keep(files: PageFiles, cacheFolder: string, folder: string): Promise<void> {
  const unfinished = join(cacheFolder, `unfinished-${process.pid}`);
  await mkdir(unfinished, { recursive: true });
  for (const [name, file] of files) {
    await Bun.write(join(unfinished, name), file.plain);
    await Bun.write(join(unfinished, `${name}.gz`), file.gzip);
    await Bun.write(join(unfinished, `${name}.br`), file.brotli);
  }
  const others = (await readdir(cacheFolder)).filter((name) => /^[0-9a-f]{16}$/.test(name));
  await rename(unfinished, folder).catch(() => rm(unfinished, { recursive: true, force: true }));
  for (const name of others) {
    if (join(cacheFolder, name) !== folder) await rm(join(cacheFolder, name), { recursive: true, force: true });
  }
}
