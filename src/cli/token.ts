// `tocsin token`: prints a token for the API, signed with SECRET_KEY, or in development with the key of this directory.
import { readConfig } from '../config.ts';
import { type Role, roles } from '../http/roles.ts';
import { DEFAULT_TENANT, mintToken } from '../http/token.ts';
import { exitCodes, type Line, UsageError } from './command.ts';
import { findSecretKey } from './credentials.ts';
import { readDuration } from './duration.ts';
import { printJson } from './print.ts';

/**
 * Prints the token and nothing else, so that a shell can take it.
 * @throws UsageError
 */
export async function runToken(line: Line): Promise<number> {
  const subject = line.text('sub');
  if (!subject || !/^[^\p{Cc}]{1,200}$/u.test(subject)) {
    throw new UsageError('--sub must say who the token is for, in at most 200 characters, such as --sub me.');
  }
  const role = readRole(line.text('role') ?? '');
  const tenant = line.text('tenant') ?? DEFAULT_TENANT;
  const expiresAtMs = Date.now() + readDuration(line.text('expires') ?? '', '--expires');
  const config = readConfig();
  const token = await mintToken(findSecretKey(config), { subject, tenant, role, expiresAtMs }, config);
  if (line.isJson) printJson({ token, subject, role, tenant, expires_at: new Date(expiresAtMs).toISOString() });
  else console.log(token);
  return exitCodes.done;
}

/** @throws UsageError */
export function readRole(text: string): Role {
  const role = roles.find((known) => known === text);
  if (role === undefined) throw new UsageError(`--role must be one of ${roles.join(', ')}.`);
  return role;
}
