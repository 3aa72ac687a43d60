// The commands that talk to a running server, over its REST API and its live socket.
import { formats, severities } from '../store/vocabulary.ts';
import { type Command, jsonOption as json, type Option } from './command.ts';

const since: Option = {
  value: 'TIME',
  help: 'raised at this time or later: 2026-11-22T10:00Z, or 2h for two hours ago',
};
const severity: Option = { value: 'SEVERITY', help: 'this severe', choices: severities };
const url: Option = { value: 'URL', help: 'where to POST to' };
const events: Option = {
  value: 'TYPE',
  help: 'takes this type of alert, such as order.*; may be repeated',
  isList: true,
};
const minSeverity: Option = { value: 'SEVERITY', help: 'takes only alerts this severe or more', choices: severities };

/** See commands.ts. They need no more than TOCSIN_URL and TOCSIN_TOKEN. */
export const using: readonly Command[] = [
  {
    name: 'tail',
    summary: 'follows alerts and deliveries as they happen',
    options: {
      only: { value: 'KIND', help: 'only this kind', choices: ['alerts', 'deliveries', 'webhooks'] },
      'min-severity': { ...minSeverity, help: 'only alerts this severe or more' },
      type: { value: 'TYPE', help: 'only alerts of this type, such as order.*' },
      count: { value: 'N', help: 'ends after so many lines' },
      ...json,
    },
    examples: [
      'tail',
      'tail --only alerts --min-severity CRITICAL',
      'tail --json | jq -c \'select(.status == "failed")\'',
    ],
    run: async (line) => (await import('./tail.ts')).runTail(line),
  },
  {
    name: 'replay',
    summary: 'sends again what was raised, to one webhook',
    operands: '<webhook>',
    options: {
      since,
      until: { ...since, help: 'raised before this time' },
      status: {
        value: 'STATUS',
        help: 'how it ended before',
        choices: ['failed', 'delivered', 'all'],
        fallback: 'all',
      },
      type: { value: 'TYPE', help: 'only this type of alert; may be repeated', isList: true },
      limit: { value: 'N', help: 'the oldest so many' },
      'per-second': { value: 'N', help: 'no faster than this' },
      'dry-run': { help: 'only counts' },
      'no-wait': { help: 'does not wait for its end' },
      ...json,
    },
    examples: [
      'replay 3 --since 2h --status failed --dry-run',
      'replay orders --since 2026-11-22T10:00Z --per-second 50',
    ],
    run: async (line) => (await import('./replay.ts')).runReplay(line),
  },
  {
    name: 'webhooks list',
    summary: 'lists webhooks, with their health',
    options: { q: { value: 'TEXT', help: 'with this in name or address' }, ...json },
    examples: ['webhooks list', 'webhooks list --json'],
    run: async (line) => (await import('./webhooks.ts')).listWebhooks(line),
  },
  {
    name: 'webhooks show',
    summary: 'shows one webhook, by its id or name',
    operands: '<webhook>',
    options: json,
    examples: ['webhooks show 3'],
    run: async (line) => (await import('./webhooks.ts')).showWebhook(line),
  },
  {
    name: 'webhooks create',
    summary: 'makes a webhook and prints its secret, this once',
    options: {
      name: { value: 'NAME', help: 'what it is called' },
      url,
      event: events,
      'min-severity': minSeverity,
      format: { value: 'FORMAT', help: 'what the receiver takes', choices: formats, fallback: 'standard' },
      ...json,
    },
    examples: ['webhooks create --name orders --url https://example.com/hook --event order.*'],
    run: async (line) => (await import('./webhooks.ts')).createWebhook(line),
  },
  {
    name: 'webhooks update',
    summary: 'changes a webhook',
    operands: '<webhook>',
    options: {
      name: { value: 'NAME', help: 'what it is called' },
      url,
      event: events,
      'min-severity': minSeverity,
      enable: { help: 'sends again, what waited included' },
      disable: { help: 'keeps what comes until it is enabled' },
      ...json,
    },
    examples: ['webhooks update 3 --min-severity WARNING', 'webhooks update orders --enable'],
    run: async (line) => (await import('./webhooks.ts')).updateWebhook(line),
  },
  {
    name: 'webhooks test',
    summary: 'sends a test message now and shows the answer',
    operands: '<webhook>',
    options: json,
    examples: ['webhooks test 3'],
    run: async (line) => (await import('./webhooks.ts')).testWebhook(line),
  },
  {
    name: 'alerts raise',
    summary: 'raises an alert',
    operands: '<message>',
    options: {
      type: { value: 'TYPE', help: 'what webhooks choose by', fallback: 'custom' },
      severity: { ...severity, help: 'how bad it is', fallback: 'INFO' },
      context: { value: 'JSON', help: 'anything more' },
      'dedupe-key': { value: 'KEY', help: 'no second alert while one with this key is open' },
      ...json,
    },
    examples: ['alerts raise "The disk is full" --type disk.full --severity CRITICAL --context \'{"host": "a"}\''],
    run: async (line) => (await import('./alerts.ts')).raiseAlert(line),
  },
  {
    name: 'alerts list',
    summary: 'lists alerts, newest first',
    options: {
      status: { value: 'STATUS', help: 'of this status', choices: ['pending', 'acknowledged', 'resolved'] },
      severity,
      since,
      limit: { value: 'N', help: 'at most so many', fallback: '50' },
      ...json,
    },
    examples: ['alerts list --status pending --severity CRITICAL'],
    run: async (line) => (await import('./alerts.ts')).listAlerts(line),
  },
];
