// `tocsin token`: prints a token for the API, signed with SECRET_KEY, or in development with the key of this directory.
import { parseArgs } from 'node:util';
import { readConfig } from '../config.ts';
import { type Role, roles } from '../http/roles.ts';
import { DEFAULT_TENANT, mintToken } from '../http/token.ts';
import { findSecretKey } from './credentials.ts';
import { readDuration } from './duration.ts';

/**
 * Prints the token and nothing else, so that a shell can take it.
 * @throws Error in plain words
 */
export async function runToken(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      sub: { type: 'string' },
      role: { type: 'string', default: 'viewer' },
      tenant: { type: 'string', default: DEFAULT_TENANT },
      expires: { type: 'string', default: '1d' },
    },
  });
  const { sub: subject, tenant } = values;
  if (!subject || !/^[^\p{Cc}]{1,200}$/u.test(subject)) {
    throw new Error('--sub must say who the token is for, in at most 200 characters, such as --sub me.');
  }
  const role = readRole(values.role);
  const expiresAtMs = Date.now() + readDuration(values.expires, '--expires');
  const config = readConfig();
  console.log(await mintToken(findSecretKey(config), { subject, tenant, role, expiresAtMs }, config));
  return 0;
}

/** @throws Error in plain words */
export function readRole(text: string): Role {
  const role = roles.find((known) => known === text);
  if (role === undefined) throw new Error(`--role must be one of ${roles.join(', ')}.`);
  return role;
}
