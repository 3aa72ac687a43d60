// What is said of the packages that we consist of: the bill of materials, the notices, and the question for known weaknesses.
import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { dependencies, packageManager } from '../../package.json' with { type: 'json' };
import { makeNotices, noticesFile } from '../../deploy/notices.ts';
import { idOf, lockedPackages } from '../../deploy/packages.ts';
import { makeSbom } from '../../deploy/sbom.ts';
import { runCommand } from '../support/children.ts';

const root = join(import.meta.dir, '../..');
const packages = await lockedPackages(root);

describe('the packages of the lock file', () => {
  test('are all that the dependencies need, and none that only a developer needs', () => {
    const ids = packages.map(idOf);
    for (const [name, version] of Object.entries(dependencies)) expect(ids).toContain(`${name}@${version}`);
    expect(ids).toContain('exact-mirror@0.2.7');
    expect(ids.filter((id) => /^(?:@biomejs|bullmq|bun-types|playwright)/.test(id))).toEqual([]);
    for (const { needs } of packages) for (const need of needs) expect(ids).toContain(need);
  });

  test('are pinned with the Bun that runs them', async () => {
    expect(packageManager).toBe(`bun@${(await Bun.file(join(root, '.bun-version')).text()).trim()}`);
    for (const version of Object.values(dependencies)) expect(version).toMatch(/^\d/);
    for (const { integrity } of packages) expect(integrity).toStartWith('sha512-');
  });
});

test('the bill of materials names each package once, with its digest, and knows what needs what', async () => {
  const { components, dependencies: graph } = (await makeSbom(packages, new Date(0))) as {
    components: { type: string; 'bom-ref': string; hashes: { content: string }[]; licenses?: unknown[] }[];
    dependencies: { ref: string; dependsOn: string[] }[];
  };
  const refs = components.map((one) => one['bom-ref']);
  expect(new Set(refs).size).toBe(packages.length + 1);
  for (const { type, hashes } of components)
    if (type === 'library') expect(hashes[0]?.content).toMatch(/^[\da-f]{128}$/);
  for (const { ref, dependsOn } of graph.slice(1)) for (const one of [ref, ...dependsOn]) expect(refs).toContain(one);
  expect(components.find((one) => one['bom-ref'].startsWith('pkg:npm/elysia@'))?.licenses).toEqual([
    { license: { id: 'MIT' } },
  ]);
  expect(graph[0]?.dependsOn).toContain(`bun@${Bun.version}`);
});

test('THIRD_PARTY_NOTICES.md is what `bun run notices` writes', async () => {
  const [is, shouldBe] = [await Bun.file(noticesFile).text(), await makeNotices(packages)].map((text) =>
    text.split('\n'),
  );
  const at = shouldBe?.findIndex((line, i) => line !== is?.[i]) ?? 0;
  expect(at < 0 ? undefined : { line: at + 1, is: is?.[at], shouldBe: shouldBe?.[at] }).toBeUndefined();
  expect(is?.length).toBe(shouldBe?.length as number);
});

describe('bun run audit', () => {
  /** The registry's answer to the question for known weaknesses. */
  async function auditWith(answer: () => Response) {
    const registry = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: answer });
    const env = { BUN_CONFIG_REGISTRY: registry.url.href, npm_config_registry: registry.url.href };
    const outcome = await runCommand([process.execPath, 'deploy/audit.ts'], { env });
    await registry.stop(true);
    return outcome;
  }
  const advisory = (severity: string) => () =>
    Response.json({
      elysia: [
        { id: 1, url: 'https://github.com/advisories/GHSA-1', title: 'Bad', severity, vulnerable_versions: '<99' },
      ],
    });

  test('fails on a weakness of high severity and names it', async () => {
    const { exitCode, stdout } = await auditWith(advisory('high'));
    expect(exitCode).toBe(1);
    expect(stdout).toContain('GHSA-1');
  });

  test('lets a lesser one pass', async () => {
    expect(await auditWith(advisory('moderate'))).toMatchObject({
      exitCode: 0,
      stdout: 'No known weakness of severity high or critical.\n',
    });
  });

  test('does not fail when the registry cannot be asked, and says so', async () => {
    const { exitCode, stdout } = await auditWith(() => new Response('', { status: 405 }));
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('The registry could not be asked: ')]);
  });
});
