#!/usr/bin/env bun
// The `tocsin` command: picks a subcommand, and turns its failure into one message and an exit code.
import { version } from '../package.json' with { type: 'json' };

const usage = `tocsin ${version}: alerts in, signed webhooks out

  tocsin serve           the HTTP API and a delivery worker, on embedded PostgreSQL unless DATABASE_URL is set
  tocsin work            delivers what is due, without the HTTP API; any number may run
  tocsin migrate         brings the database to this version's schema and ends
  tocsin token           prints a token for the API (--sub me --role admin, --tenant, --expires 30d)
  tocsin keys            creates, lists and revokes API keys, for machines (create, list, revoke)
  tocsin reencrypt       seals all webhook secrets and headers with the first key of ENCRYPTION_KEY
  tocsin demo-receiver   prints the webhooks that it gets and checks their signatures (--port, --secret)
  tocsin version         prints the version
  tocsin help            prints this

Settings come from the environment: DATABASE_URL, API_PORT and the others that the README lists.`;

/** Each resolves with its exit code, or with nothing when it goes on until a signal ends it. Only the one is loaded that is run. */
const commands: Record<string, (args: string[]) => unknown> = {
  serve: async () => (await import('./cli/serve.ts')).runServe(),
  work: async () => (await import('./cli/work.ts')).runWork(),
  migrate: async () => (await import('./cli/migrate.ts')).runMigrate(),
  token: async (args) => (await import('./cli/token.ts')).runToken(args),
  keys: async (args) => (await import('./cli/keys.ts')).runKeys(args),
  reencrypt: async () => (await import('./cli/reencrypt.ts')).runReencrypt(),
  'demo-receiver': async (args) => (await import('./cli/demo_receiver.ts')).runDemoReceiver(args),
  version: () => console.log(version),
  help: () => console.log(usage),
};

const [name = 'help', ...rest] = process.argv.slice(2).map((word) => word.replace(/^--(?=(?:version|help)$)/, ''));
const command = commands[name];
if (!command) {
  console.error(`There is no command ${name}.\n\n${usage}`);
  process.exit(2);
}
try {
  const code = await command(rest);
  if (typeof code === 'number') process.exit(code);
} catch (error) {
  const { name: kind, message, stack, code } = error as Error & { code?: string };
  // Errors of these kinds are written for people; any other is a bug, and its stack says where.
  const isPlain = ['Error', 'ConfigError', 'MigrateError'].includes(kind) || code?.startsWith('ERR_PARSE_ARGS');
  console.error(isPlain ? message : stack);
  process.exit(1);
}
