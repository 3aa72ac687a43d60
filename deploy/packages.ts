// Tells which packages a running Tocsin consists of: what bun.lock says that the dependencies need, and they in turn.
import { join } from 'node:path';

export interface LockedPackage {
  name: string;
  version: string;
  /** As the registry gave it: `sha512-` and base64. */
  integrity: string;
  /** Not there on every machine: binaries for one platform. */
  isOptional: boolean;
  /** What it needs itself, by `name@version`. */
  needs: string[];
}

interface Needs {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  optionalPeers?: string[];
}

interface Lock {
  workspaces: { '': Needs };
  /** By where it lies: `a`, or `b/a` when `b` has one of its own. */
  packages: Record<string, [id: string, registry: string, needs: Needs, integrity: string]>;
}

export const idOf = ({ name, version }: Pick<LockedPackage, 'name' | 'version'>) => `${name}@${version}`;

/** In the order of their names. */
export async function lockedPackages(root: string): Promise<LockedPackage[]> {
  const lock = Bun.JSONC.parse(await Bun.file(join(root, 'bun.lock')).text()) as Lock;
  const found = new Map<string, LockedPackage>();
  const visit = (place: string, isOptional: boolean): string => {
    const [id, , needs, integrity] = lock.packages[place] ?? ['', '', {}, ''];
    const name = id.slice(0, id.lastIndexOf('@'));
    const version = id.slice(name.length + 1);
    const known = found.get(id);
    if (known !== undefined && (isOptional || !known.isOptional)) return id;
    const one: LockedPackage = { name, version, integrity, isOptional, needs: [] };
    found.set(id, one);
    one.needs = namesOf(needs)
      .flatMap(([need, isNeedOptional]) => {
        const at = findPlace(lock, place, need);
        return at === undefined ? [] : [visit(at, isOptional || isNeedOptional)];
      })
      .sort();
    return id;
  };
  for (const name of Object.keys(lock.workspaces[''].dependencies ?? {})) visit(name, false);
  return [...found.values()].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
}

function namesOf(needs: Needs): [name: string, isOptional: boolean][] {
  const peers = Object.keys(needs.peerDependencies ?? {}).filter((name) => !needs.optionalPeers?.includes(name));
  return [
    ...[...Object.keys(needs.dependencies ?? {}), ...peers].map((name): [string, boolean] => [name, false]),
    ...Object.keys(needs.optionalDependencies ?? {}).map((name): [string, boolean] => [name, true]),
  ];
}

/** As a module is looked up: in the package's own folder, in those around it, at the top. */
function findPlace(lock: Lock, from: string, name: string): string | undefined {
  const parts = from.split('/');
  for (let length = parts.length; length >= 0; length--) {
    const place = [...parts.slice(0, length), name].join('/');
    if (place in lock.packages) return place;
  }
  return undefined;
}
