// Prints what a running Tocsin consists of, as a CycloneDX 1.6 document: `bun run sbom > tocsin.cdx.json`.
import { join } from 'node:path';
import { license, name, version } from '../package.json' with { type: 'json' };
import { idOf, type LockedPackage, lockedPackages } from './packages.ts';

const root = join(import.meta.dir, '..');
/** By which a package is known everywhere: https://github.com/package-url/purl-spec. */
const purlOf = (one: Pick<LockedPackage, 'name' | 'version'>) =>
  `pkg:npm/${one.name.replace('@', '%40')}@${encodeURIComponent(one.version)}`;

/** The document. Licenses are known of packages that are installed here; everything else is from bun.lock. */
export async function makeSbom(packages: readonly LockedPackage[], madeAt: Date): Promise<Record<string, unknown>> {
  const refs = new Map(packages.map((one) => [idOf(one), purlOf(one)]));
  const own = purlOf({ name, version });
  const needed = new Set(packages.flatMap(({ needs }) => needs));
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${crypto.randomUUID()}`,
    version: 1,
    metadata: {
      timestamp: madeAt.toISOString(),
      component: {
        type: 'application',
        'bom-ref': own,
        name,
        version,
        purl: own,
        licenses: [{ license: { id: license } }],
      },
    },
    components: [
      {
        type: 'platform',
        'bom-ref': `bun@${Bun.version}`,
        name: 'bun',
        version: Bun.version,
        licenses: [{ license: { id: 'MIT' } }],
      },
      ...(await Promise.all(packages.map(describe))),
    ],
    dependencies: [
      {
        ref: own,
        dependsOn: [`bun@${Bun.version}`, ...[...refs].filter(([id]) => !needed.has(id)).map(([, ref]) => ref)],
      },
      ...packages.map((one) => ({ ref: purlOf(one), dependsOn: one.needs.map((id) => refs.get(id)) })),
    ],
  };
}

async function describe(one: LockedPackage) {
  const [group, plain] = one.name.startsWith('@') ? one.name.split('/') : [undefined, one.name];
  const [algorithm, digest = ''] = one.integrity.split('-', 2);
  const licenses = await licenseOf(one);
  return {
    type: 'library',
    'bom-ref': purlOf(one),
    ...(group === undefined ? {} : { group }),
    name: plain,
    version: one.version,
    scope: one.isOptional ? 'optional' : 'required',
    purl: purlOf(one),
    ...(algorithm === 'sha512'
      ? { hashes: [{ alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }] }
      : {}),
    ...(licenses === undefined ? {} : { licenses }),
  };
}

async function licenseOf({ name, version }: LockedPackage) {
  const found = await Bun.file(join(root, 'node_modules', name, 'package.json'))
    .json()
    .catch(() => undefined);
  if (found?.version !== version || typeof found.license !== 'string') return undefined;
  return /[ ()]/.test(found.license) ? [{ expression: found.license }] : [{ license: { id: found.license } }];
}

if (import.meta.main) console.log(JSON.stringify(await makeSbom(await lockedPackages(root), new Date()), null, 2));
