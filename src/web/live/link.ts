// Whether the page is live, and who listens to what: messages are handed on once per frame, however many there were.
import { signal } from '@preact/signals';
import type { MessageOf, MessageType, ServerMessage } from './messages.ts';

/** `catching up`: connected again, and what was missed is being fetched. */
export type LinkState = 'connecting' | 'live' | 'catching up' | 'disconnected';

export const linkState = signal<LinkState>('connecting');

/** When the connection was lost, in milliseconds since 1970; null while there is one. */
export const lostAt = signal<number | null>(null);

type Listener = (messages: ServerMessage[]) => void;
const listeners = new Map<MessageType, Set<Listener>>();
const catchUps = new Set<() => void>();

/** Messages that wait for the next frame; a page in the background gets no frames, so the oldest are dropped. */
let waiting: ServerMessage[] = [];
const WAITING_MAX = 5_000;
let isFrameAsked = false;

/** Calls `listen` with all messages of a type that came since the last frame; returns how to stop. */
export function onMessages<T extends MessageType>(type: T, listen: (messages: MessageOf<T>[]) => void): () => void {
  const known = listeners.get(type) ?? new Set();
  listeners.set(type, known);
  known.add(listen as Listener);
  return () => known.delete(listen as Listener);
}

/** Calls `reload` when something may have been missed; returns how to stop. */
export function onCatchUp(reload: () => void): () => void {
  catchUps.add(reload);
  return () => catchUps.delete(reload);
}

/** Has everything that is shown fetched again. */
export function catchUp(): void {
  for (const reload of [...catchUps]) reload();
}

/** Takes a message in. */
export function take(message: ServerMessage): void {
  waiting.push(message);
  if (waiting.length > WAITING_MAX) waiting = waiting.slice(-WAITING_MAX / 2);
  if (isFrameAsked) return;
  isFrameAsked = true;
  requestAnimationFrame(deliverWaiting);
}

function deliverWaiting(): void {
  isFrameAsked = false;
  const byType = Map.groupBy(waiting, (message) => message.type);
  waiting = [];
  for (const [type, messages] of byType) for (const listen of listeners.get(type) ?? []) listen(messages);
}
