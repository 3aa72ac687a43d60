// Tells where the files lie that belong to the program itself: beside its sources, or inside the one compiled file.
import { join } from 'node:path';

/** True in the program that `bun run build` makes. */
export const isCompiled = Bun.main.startsWith('/$bunfs/');

/** What the compiled program holds beside its code, by the names that deploy/build.ts gives. */
export type PackedFolder = 'sql' | 'dashboard' | 'swagger_ui';

/** Where a packed folder can be read, by the usual calls; undefined when the program runs from its sources. */
export function packedFolder(name: PackedFolder): string | undefined {
  return isCompiled ? join(import.meta.dir, name) : undefined;
}
