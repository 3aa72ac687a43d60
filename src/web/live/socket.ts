// Keeps one WebSocket to the server open: connects, subscribes, resumes where it was, and tries again for as long as it takes.
import { credential } from '../stores/session.ts';
import { catchUp, linkState, lostAt, take } from './link.ts';
import { type ClientMessage, readMessage, type Topic } from './messages.ts';

const TOPICS: readonly Topic[] = ['metrics', 'alerts', 'webhooks', 'deliveries'];
const BACKOFF_MS = [250, 500, 1_000, 2_000, 4_000, 8_000];
/** The server's heart beats every 30 seconds. */
const SILENCE_MS_MAX = 45_000;

let socket: WebSocket | null = null;
let cursor: string | null = null;
let failures = 0;
let isResuming = false;
let retryTimer: ReturnType<typeof setTimeout> | undefined;
let silenceTimer: ReturnType<typeof setTimeout> | undefined;

/** Connects, and stays connected until `disconnect`. */
export function connect(): void {
  disconnect();
  const url = new URL('/api/v1/ws/dashboard', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  // As a subprotocol the token stays out of the logs of proxies.
  const protocols = credential.peek() ? ['bearer', credential.peek() as string] : [];
  const opened = new WebSocket(url, protocols);
  socket = opened;
  opened.onopen = () => greet(opened);
  opened.onmessage = ({ data: text }) => hear(String(text));
  opened.onclose = () => {
    if (socket === opened) lose();
  };
}

/** Closes for good: nobody is signed in. */
export function disconnect(): void {
  clearTimeout(retryTimer);
  clearTimeout(silenceTimer);
  const open = socket;
  socket = null;
  open?.close(1000);
}

/** Tries at once, without waiting for the next turn. */
export function retryNow(): void {
  failures = 0;
  connect();
}

function greet(opened: WebSocket): void {
  const say = (message: ClientMessage) => opened.send(JSON.stringify(message));
  say({ action: 'subscribe', types: TOPICS });
  isResuming = cursor !== null;
  if (cursor !== null) say({ action: 'resume', cursor });
  listenForSilence();
}

function hear(text: string): void {
  listenForSilence();
  const message = readMessage(text);
  if (!message) return;
  if (message.cursor !== undefined) cursor = message.cursor;
  if (message.type === 'subscription_confirmed') welcome();
  if (message.type === 'resumed' || message.type === 'reset') settle();
  take(message);
}

function welcome(): void {
  const wasLost = lostAt.peek() !== null;
  failures = 0;
  lostAt.value = null;
  if (!wasLost) {
    linkState.value = 'live';
    return;
  }
  linkState.value = 'catching up';
  // Missed alerts come by resuming; lists and totals are fetched as well, since more than alerts has changed.
  catchUp();
  if (!isResuming) settle();
}

function settle(): void {
  isResuming = false;
  if (linkState.peek() === 'catching up') linkState.value = 'live';
}

function lose(): void {
  socket = null;
  clearTimeout(silenceTimer);
  lostAt.value ??= Date.now();
  linkState.value = 'disconnected';
  const waitMs = BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)] ?? 8_000;
  failures += 1;
  // Jitter, so that a restarted server does not meet all its viewers at once.
  retryTimer = setTimeout(connect, waitMs * (0.75 + Math.random() / 2));
}

function listenForSilence(): void {
  clearTimeout(silenceTimer);
  silenceTimer = setTimeout(() => {
    socket?.close();
    if (socket) lose();
  }, SILENCE_MS_MAX);
}

// A laptop that wakes, or a network that comes back, should not wait for the next try.
addEventListener('online', () => {
  if (linkState.peek() === 'disconnected') retryNow();
});
