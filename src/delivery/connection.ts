// One connection to one address: carries one request at a time, and gives its answer or what went wrong.
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Answer, AnswerReader } from './answer.ts';
import { closedEarly, closedUnheard, failureOf, lateFailure, type SendFailure, unconnectedLate } from './send_error.ts';

/** Where a connection leads. Without `tls` it is not encrypted. */
export type Route = {
  /** An IP address, never a name: nothing is looked up here. */
  address: string;
  port: number;
  tls: TlsRoute | undefined;
};

/** `name`: what the certificate must be for, a host name or the address itself. */
export type TlsRoute = { name: string; isIp: boolean; isVerified: boolean; ca: string | undefined };

/** `connectByMs`: by when a new connection must be made, no later than the deadline. `timeoutMs`: what the deadline came from. */
export type Times = { deadlineMs: number; connectByMs: number; timeoutMs: number };

/** Told when a connection cannot be used any more. */
type OnGone = (connection: Connection) => void;
/** Told when an exchange is over, before whoever waits for it. */
type OnFree = (connection: Connection, came: Answer | SendFailure) => void;

/** See the methods. It does not keep the process alive; whoever waits for an answer does. */
export class Connection {
  /** Set by whoever keeps it between requests. */
  idleUntilMs = 0;
  /** When the answer must be complete, or before that the connection made, on the clock of `performance.now()`. */
  deadlineMs = 0;
  #answerByMs = 0;
  readonly #socket: Socket;
  readonly #onFree: OnFree;
  readonly #onGone: OnGone;
  #isReady = false;
  #isGone = false;
  #hasServed = false;
  #timeoutMs = 0;
  #waiting: string | Buffer | undefined;
  #reader: AnswerReader | undefined;
  #settle: ((came: Answer | SendFailure) => void) | undefined;

  /** Begins to connect. */
  constructor(
    readonly key: string,
    route: Route,
    onFree: OnFree,
    onGone: OnGone,
  ) {
    this.#onFree = onFree;
    this.#onGone = onGone;
    const socket = route.tls === undefined ? openPlain(route) : openTls(route, route.tls);
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.unref();
    socket.on(route.tls === undefined ? 'connect' : 'secureConnect', () => this.#begin());
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(undefined));
    socket.on('end', () => this.#fail(undefined));
  }

  /** Sends one request in full and resolves with what came of it by then; never rejects. One at a time. */
  exchange(message: string | Buffer, { deadlineMs, connectByMs, timeoutMs }: Times): Promise<Answer | SendFailure> {
    this.deadlineMs = this.#isReady ? deadlineMs : connectByMs;
    this.#answerByMs = deadlineMs;
    this.#timeoutMs = timeoutMs;
    this.#reader = new AnswerReader();
    // With TLS nothing is said before the certificate is verified.
    if (this.#isReady) this.#socket.write(message);
    else this.#waiting = message;
    return new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** The deadline has passed. */
  expire(): void {
    const isLast = this.deadlineMs === this.#answerByMs;
    this.#finish(isLast ? lateFailure(this.#timeoutMs, this.#reader?.hasBegun ?? false) : unconnectedLate(), false);
  }

  /** Ends it at once. */
  close(): void {
    this.#isGone = true;
    this.#socket.destroy();
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  #begin(): void {
    this.#isReady = true;
    this.deadlineMs = this.#answerByMs;
    if (this.#waiting !== undefined) this.#socket.write(this.#waiting);
    this.#waiting = undefined;
  }

  #take(chunk: Buffer): void {
    const came = this.#reader?.push(chunk);
    if (came !== undefined) this.#finish(came, 'isReusable' in came && came.isReusable);
    // Nobody asked for it: it must not become the answer to the next request.
    else if (this.#reader === undefined) this.#leave();
  }

  #fail(error: unknown): void {
    if (this.#reader !== undefined) {
      const failed = error === undefined ? closedEarly() : failureOf(error);
      const isUnheard = failed === closedEarly() && this.#hasServed && !this.#reader.hasHeard;
      this.#finish(this.#reader.close() ?? (isUnheard ? closedUnheard() : failed), false);
    }
    this.#leave();
  }

  #finish(came: Answer | SendFailure, isReusable: boolean): void {
    const settle = this.#settle;
    this.#settle = undefined;
    this.#reader = undefined;
    this.#hasServed = true;
    // An answer to a request that is not sent in full leaves a connection on which its rest would follow.
    if (!isReusable || this.#socket.writableLength > 0) this.#leave();
    if (settle === undefined) return;
    this.#onFree(this, came);
    settle(came);
  }

  #leave(): void {
    if (this.#isGone) return;
    this.close();
    this.#onGone(this);
  }
}

function openPlain({ address, port }: Route): Socket {
  return connectPlain({ host: address, port, autoSelectFamily: false });
}

/** A name is what the certificate is verified for; an IP address has no SNI and is verified as itself. */
function openTls({ address, port }: Route, tls: TlsRoute): Socket {
  return connectTls({
    host: address,
    port,
    rejectUnauthorized: tls.isVerified,
    ALPNProtocols: ['http/1.1'],
    ...(tls.isIp ? undefined : { servername: tls.name }),
    ...(tls.ca === undefined ? undefined : { ca: tls.ca }),
  });
}
