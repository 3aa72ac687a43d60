// The commands that use a running server, as people and scripts call them: what they print, how they end, what a tail misses.
import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readTree } from './support/tree.ts';
import { type Child, runCli, startCli } from './support/children.ts';
import { ENCRYPTION_KEY, startFlow } from './support/flow.ts';
import { freePort } from './support/redis.ts';
import { until } from './support/wait.ts';

setDefaultTimeout(60_000);
const flow = await startFlow();
const serverEnv = {
  DATABASE_URL: flow.url,
  SECRET_KEY: 'k'.repeat(32),
  ENCRYPTION_KEY,
  API_HOST: '127.0.0.1',
  API_WORKERS: '1',
  ALLOWED_NETWORKS: '127.0.0.0/8',
  RATE_LIMIT: '100000',
};
const serve = (port: string) =>
  startCli(['serve'], { ready: /"serving"[^\n]*"url":"(http:[^"]+:(\d+))"/, env: { ...serverEnv, API_PORT: port } });
let server = await serve(String(await freePort()));
const [, TOCSIN_URL = '', port = ''] = server.ready;
const TOCSIN_TOKEN = (await runCli(['token', '--sub', 'me', '--role', 'admin'], { env: serverEnv })).stdout.trim();
const env = { TOCSIN_URL, TOCSIN_TOKEN };
const run = (...args: string[]) => runCli(args, { env });
const runJson = async (...args: string[]) => JSON.parse((await run(...args, '--json')).stdout);
afterAll(() => server.stop());

describe('tocsin webhooks', () => {
  test('are made, listed, shown, changed and tested, by id or name, for people and for programs', async () => {
    const url = `${flow.receiver.url}/cli`;
    const made = await run('webhooks', 'create', '--name', 'orders', '--url', url, '--event', 'order.*');
    expect(made).toMatchObject({ exitCode: 0, stderr: 'This is the only time that the secret is shown.\n' });
    expect(made.stdout).toMatch(/^id {6}\d+\nname {4}orders\nurl .*\nevents {2}order\.\*\nsecret {2}whsec_\S+\n$/);
    const listed = await run('webhooks', 'list');
    expect(listed.stdout).toMatch(/^ID +NAME +STATE +SUCCESS +WAITING +LAST USED +EVENTS +URL\n\d+ +orders +unknown/);
    const [row] = await runJson('webhooks', 'list');
    expect(row).toMatchObject({ name: 'orders', events: ['order.*'] });
    expect(row.secret).toBeUndefined();
    const changed = await runJson('webhooks', 'update', 'orders', '--min-severity', 'WARNING', '--disable');
    expect(changed).toMatchObject({ id: row.id, min_severity: 'WARNING', is_active: false });
    expect(await runJson('webhooks', 'update', String(row.id), '--enable')).toMatchObject({ is_active: true });
    expect((await run('webhooks', 'show', 'orders')).stdout).toMatch(/\nmin_severity +WARNING\n/);
    const tested = await run('webhooks', 'test', 'orders');
    expect(tested).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^It answered 204 after \d+ ms\.\n$/) });
    flow.receiver.on('/cli', { does: 'answer', status: 500 });
    expect(await run('webhooks', 'test', 'orders')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('http_500'),
    });
    expect(await runJson('webhooks', 'test', 'orders')).toMatchObject({ success: false, status_code: 500 });
    flow.receiver.on('/cli', { does: 'answer', status: 204 });
  });

  test.each([
    [['webhooks', 'show', 'nobody'], 3, 'There is no webhook of this name.'],
    [['webhooks', 'show', '99999'], 3, ''],
    [['webhooks', 'create', '--name', 'x'], 2, 'A webhook needs --name and --url.'],
    [['webhooks', 'create', '--name', 'x', '--url', 'http://127.0.0.1/', '--format', 'fax'], 2, 'one of standard'],
    [['webhooks', 'create', '--name', 'x', '--url', 'ftp://x/'], 1, '/url'],
    [['alerts', 'raise', 'm', '--context', '{'], 2, '--context must be'],
    [['alerts', 'list', '--since', 'yesterday'], 2, '--since must be'],
    [['replay', 'orders', '--limit', 'x'], 2, '--limit must be'],
    [['tail', '--only', 'news'], 2, '--only must be one of'],
    [['webhooks'], 2, 'tocsin webhooks create'],
  ])('%j ends with %i and says why', async (args, code, words) => {
    const { exitCode, stdout, stderr } = await run(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('    at ');
  });

  test('end with 4 where there is no server, and where it does not let us in', async () => {
    const nobody = await runCli(['webhooks', 'list'], { env: { TOCSIN_URL: 'http://127.0.0.1:9' } });
    expect(nobody).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('TOCSIN_URL') });
    const known = await runCli(['alerts', 'list'], { env: { TOCSIN_URL: 'http://me:hunter2@127.0.0.1:9' } });
    expect(known.stderr).toContain('no Tocsin to reach at http://me:…@127.0.0.1:9');
    expect(known.stderr).not.toContain('hunter2');
    const stranger = await runCli(['tail'], { env: { TOCSIN_URL } });
    expect(stranger).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('Set TOCSIN_TOKEN to a token') });
    const other = await runCli(['alerts', 'list'], { env: { TOCSIN_URL: flow.receiver.url } });
    expect(other).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('is no Tocsin') });
  });
});

describe('tocsin alerts and replay', () => {
  test('raise, list, and send again, with a bar where there is a terminal', async () => {
    const webhook = await flow.makeWebhook();
    flow.receiver.secrets.length = 0;
    const raised = await run('alerts', 'raise', 'Paid \u001b[31m', '--type', webhook.event, '--severity', 'CRITICAL');
    expect(raised.stdout).toMatch(/^Alert \d+ goes to 1 webhook\.\n$/);
    const listed = await run('alerts', 'list', '--severity', 'CRITICAL', '--since', '1h');
    expect(listed.stdout).toMatch(
      /^ID +RAISED +SEVERITY +STATUS +TYPE +MESSAGE\n\d+ .* CRITICAL +pending +\S+ +Paid \ufffd\[31m\n$/,
    );
    await runJson('alerts', 'raise', 'again', '--type', webhook.event, '--context', '{"n": 1}');
    await webhook.attempted(2);
    const id = String(webhook.id);
    expect((await run('replay', id, '--dry-run')).stdout).toContain('2 deliveries to ');
    await runJson('webhooks', 'update', id, '--name', 'named \u001b[31m\u009b31m');
    const again = await run('replay', id, '--dry-run');
    expect(again.stdout).toBe('2 deliveries to named \ufffd[31m\ufffd31m would be sent again.\n');
    const shownJson = await run('webhooks', 'show', id, '--json');
    expect(shownJson.stdout).toContain('"name":"named \\u001b[31m\\u009b31m"');
    expect(JSON.parse(shownJson.stdout).name).toBe('named \u001b[31m\u009b31m');
    expect(await runJson('replay', id, '--since', '1h', '--dry-run')).toEqual({ matched: 2, dry_run: true });
    expect(await runJson('replay', id, '--limit', '1')).toMatchObject({ state: 'finished', total: 1, done: 1 });
    const command = [process.execPath, `${import.meta.dir}/../src/cli.ts`, 'replay', id].join(' ');
    const terminal = Bun.spawn(['script', '-qec', command, '/dev/null'], {
      env: { PATH: '/usr/bin:/bin', ...env },
      stdin: 'ignore',
    });
    const shown = await new Response(terminal.stdout).text();
    expect(shown).toMatch(/\[#{30}\] 100 % {2}2 of 2, \d failed/);
  });
});

describe('tocsin tail', () => {
  const startTail = (...args: string[]) => startCli(['tail', ...args], { ready: /^/, env });
  const hits = (tail: Child, words: string) => tail.output().split(words).length - 1;

  test('shows alerts and their deliveries, only those that are wanted, and ends after so many', async () => {
    const webhook = await flow.makeWebhook();
    const all = await startTail('--json');
    const isDelivered = new RegExp(`"delivery_finished".*"webhook_id":${webhook.id},`);
    const severe = await startTail('--only', 'alerts', '--min-severity', 'CRITICAL', '--type', 'x.*', '--count', '1');
    // What is raised before they watch is not theirs to show: so it is raised until they do.
    await until(
      async () => {
        await run('alerts', 'raise', 'mild', '--type', webhook.event);
        await run('alerts', 'raise', 'wild \u001b]0;title\u0007', '--type', 'x.y', '--severity', 'CRITICAL');
        return isDelivered.test(all.output()) && hits(severe, 'wild') > 0;
      },
      { timeoutMs: 30_000 },
    );
    expect(severe.output()).toMatch(
      /^\d\d:\d\d:\d\d {2}CRITICAL {3}x\.y {2}wild \ufffd\]0;title\ufffd {2}\(alert \d+\)\n$/,
    );
    expect(await severe.stop()).toBe(0);
    const messages = all
      .output()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(messages).toContainEqual(expect.objectContaining({ type: 'alert_new', message: 'mild' }));
    expect(messages).toContainEqual(expect.objectContaining({ type: 'delivery_finished', webhook_id: webhook.id }));
    await all.stop('SIGINT');
  });

  test('misses nothing while the server is restarted', async () => {
    const tail = await startTail('--only', 'alerts');
    await until(async () => {
      await flow.sql`select tocsin.raise_alert('x', 'watching')`;
      return hits(tail, 'watching') > 0;
    });
    await server.stop();
    await until(() => hits(tail, 'The connection was lost') === 1);
    await flow.sql`select tocsin.raise_alert('x', 'meanwhile')`;
    server = await serve(port);
    await until(() => hits(tail, 'meanwhile') > 0, { timeoutMs: 30_000 });
    await flow.sql`select tocsin.raise_alert('x', 'afterwards')`;
    await until(() => hits(tail, 'afterwards') > 0);
    expect(hits(tail, 'meanwhile')).toBe(1);
    await tail.stop('SIGINT');
  });
});

describe('docs/CLI.md', () => {
  test('has a round of commands that work as they stand there', async () => {
    const intro = await Bun.file(`${import.meta.dir}/../docs/cli_intro.md`).text();
    const [, round = ''] = /```sh\n(tocsin doctor[\s\S]*?)```/.exec(intro) ?? [];
    const lines = round.trim().split('\n');
    expect(lines.length).toBeGreaterThan(8);
    const tocsin = `tocsin() { "${process.execPath}" "${import.meta.dir}/../src/cli.ts" "$@"; }`;
    for (const line of lines) {
      const child = Bun.spawn(['bash', '-c', `${tocsin}\n${line}`], {
        env: { PATH: '/usr/bin:/bin', ...serverEnv, ...env },
        stdin: 'ignore',
        stderr: 'pipe',
      });
      const said = await new Response(child.stderr).text();
      // The server of the tests is not a safe one: what the doctor says of it is not what this is about.
      const expected = line === 'tocsin doctor' ? 1 : 0;
      expect({ line, said, code: await child.exited }).toMatchObject({ line, code: expected });
    }
  });
});

describe('help and completion', () => {
  test('every command has its help, its place in the overview and in docs/CLI.md, and is completed in each shell', async () => {
    const { groups } = await import('../src/cli/commands.ts');
    const { describe: describeCommand, overview } = await import('../src/cli/help.ts');
    const commands = groups.flatMap((group) => group.commands);
    const page = readTree('docs/CLI.md')[0]?.text ?? '';
    const texts = await Promise.all(
      ['bash', 'zsh', 'fish'].map(async (shell) => (await runCli(['completion', shell])).stdout),
    );
    for (const command of commands) {
      expect(overview(groups)).toContain(`  ${command.name} `);
      expect(page).toContain(`\n### tocsin ${command.name}`);
      for (const option of Object.keys(command.options ?? {})) {
        expect(describeCommand(command)).toContain(`--${option}`);
        expect(page).toContain(`--${option}`);
        for (const text of texts) expect(text).toMatch(new RegExp(`-(?:-|l )${option}\\b`));
      }
      for (const word of command.name.split(' ')) for (const text of texts) expect(text).toContain(word);
    }
    const asked = await runCli(['webhooks', 'create', '-h']);
    expect(asked).toMatchObject({ exitCode: 0, stdout: (await runCli(['help', 'webhooks', 'create'])).stdout });
  });

  test('bash completes commands, subcommands, options and choices', async () => {
    const script = (await runCli(['completion', 'bash'])).stdout;
    const complete = (...words: string[]) => {
      const list = words.map((word) => `'${word}'`).join(' ');
      const { stdout } = Bun.spawnSync([
        'bash',
        '-c',
        `${script}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _tocsin; echo "\${COMPREPLY[@]}"`,
      ]);
      return stdout.toString().trim().split(' ');
    };
    expect(complete('tocsin', 'web')).toEqual(['webhooks']);
    expect(complete('tocsin', 'webhooks', '')).toEqual(['list', 'show', 'create', 'update', 'test']);
    expect(complete('tocsin', 'webhooks', 'create', '--fo')).toEqual(['--format']);
    expect(complete('tocsin', 'alerts', 'raise', '--severity', 'W')).toEqual(['WARNING']);
  });
});
