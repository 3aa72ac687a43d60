// The table of all commands: what `tocsin` does, what its help says, and what a shell completes are all made of it.
import { roles } from '../store/vocabulary.ts';
import { type Command, type Group, jsonOption as json, type Option } from './command.ts';
import { using } from './using_commands.ts';

const tenant: Option = { value: 'NAME', help: 'of this tenant', fallback: 'default' };

const serving: readonly Command[] = [
  {
    name: 'serve',
    summary: 'the HTTP API and a delivery worker, on embedded PostgreSQL unless DATABASE_URL is set',
    examples: ['serve', 'serve   # with API_WORKERS=4 in the environment: four processes on one port'],
    run: async () => (await import('./serve.ts')).runServe(),
  },
  {
    name: 'work',
    summary: 'delivers what is due, without the HTTP API; any number may run',
    run: async () => (await import('./work.ts')).runWork(),
  },
  {
    name: 'migrate',
    summary: "brings the database to this version's schema and ends",
    run: async () => (await import('./migrate.ts')).runMigrate(),
  },
  {
    name: 'health',
    summary: 'asks the server of this machine, or a URL, whether it can work: ends with 0 or 1, for probes',
    operands: '[url]',
    run: async ({ operands: [url] }) => (await import('./health.ts')).runHealth(url),
  },
  {
    name: 'doctor',
    summary: 'checks configuration, database, roles, clock, secrets, disk and Redis, and says what to do',
    options: json,
    examples: ['doctor', 'doctor --json'],
    run: async (line) => (await import('./doctor.ts')).runDoctor(line),
  },
];

const credentials: readonly Command[] = [
  {
    name: 'token',
    summary: 'prints a token for the API, for a person',
    options: {
      sub: { value: 'WHO', help: 'who it is for' },
      role: { value: 'ROLE', help: 'what it may do', choices: roles, fallback: 'viewer' },
      tenant,
      expires: { value: 'TIME', help: 'how long it is good for, such as 12h or 30d', fallback: '1d' },
      ...json,
    },
    examples: ['token --sub me --role admin'],
    run: async (line) => (await import('./token.ts')).runToken(line),
  },
  {
    name: 'keys create',
    summary: 'makes an API key, for a machine, and prints it, this once',
    options: {
      name: { value: 'NAME', help: 'what it is for' },
      role: { value: 'ROLE', help: 'what it may do', choices: roles, fallback: 'viewer' },
      tenant,
      'rate-limit': { value: 'N', help: 'requests per window' },
      expires: { value: 'TIME', help: 'how long it is good for; for ever if not given' },
      ...json,
    },
    examples: ['keys create --name ci --role operator --expires 90d'],
    run: async (line) => (await import('./keys.ts')).createKey(line),
  },
  {
    name: 'keys list',
    summary: 'lists API keys',
    options: { tenant, all: { help: 'those that are revoked too' }, ...json },
    run: async (line) => (await import('./keys.ts')).listKeys(line),
  },
  {
    name: 'keys revoke',
    summary: 'ends an API key at once',
    operands: '<id>',
    options: { tenant },
    examples: ['keys revoke 1'],
    run: async (line) => (await import('./keys.ts')).revokeKey(line),
  },
  {
    name: 'reencrypt',
    summary: 'seals all webhook secrets and headers with the first key of ENCRYPTION_KEY',
    options: json,
    run: async (line) => (await import('./reencrypt.ts')).runReencrypt(line),
  },
];

const others: readonly Command[] = [
  {
    name: 'demo-receiver',
    summary: 'prints the webhooks that it gets and checks their signatures',
    options: {
      port: { value: 'PORT', help: "the README's if not given" },
      secret: { value: 'SECRET', help: "a signing secret; the README's if not given; may be repeated", isList: true },
    },
    run: async (line) => (await import('./demo_receiver.ts')).runDemoReceiver(line),
  },
  {
    name: 'completion',
    summary: 'prints what makes a shell complete commands and options: bash, zsh or fish',
    operands: '<shell>',
    examples: ['completion bash >> ~/.bashrc', 'completion fish > ~/.config/fish/completions/tocsin.fish'],
    run: async (line, groups) => (await import('./completion.ts')).runCompletion(line, groups),
  },
  { name: 'version', summary: 'prints the version', run: async () => (await import('./help.ts')).printVersion() },
  {
    name: 'help',
    summary: 'prints this, or the help of a command',
    operands: '[command] [subcommand]',
    examples: ['help webhooks create', 'webhooks create --help'],
    run: async ({ operands }, groups) => (await import('./help.ts')).printHelp(operands, groups),
  },
];

/** In the order of the help. */
export const groups: readonly Group[] = [
  { title: 'Run it', commands: serving },
  { title: 'Use a running one', commands: using },
  { title: 'Credentials', commands: credentials },
  { title: 'More', commands: others },
];
