// What a receiver can do to a sender, well-meant or not, on a raw socket.
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

/** One way to answer; a list is gone through request by request, its last entry staying in force. */
export type Behaviour =
  | { does: 'answer'; status?: number; headers?: Record<string, string>; body?: string | Uint8Array }
  /** Answers 204 when the signal comes or the time is over. */
  | { does: 'answer_late'; after: number | Promise<unknown> }
  | { does: 'hang' | 'hang_mid_body' | 'close_before_headers' | 'reset' | 'close_mid_headers' | 'close_mid_body' }
  | { does: 'close_mid_chunk' | 'gzip_bomb' | 'huge_body' | 'huge_chunks' | 'huge_headers' | 'garbage' }
  /** A byte every so often, without end. */
  | { does: 'drip'; everyMs: number }
  /** Exactly these bytes, and then the end if it `closes`. */
  | { does: 'raw'; bytes: string; closes?: boolean };

/** Unpacked size of the bomb; packed it is below what a sender would read of an answer. */
export const BOMB_BYTES = 48 * 1024 * 1024;

const PIECE = Buffer.alloc(65_536, 'a');
let bomb: Buffer | undefined;

/** Answers one request as the behaviour says. */
export function act(behaviour: Behaviour, socket: Socket): void {
  if (behaviour.does === 'hang') return;
  if (behaviour.does === 'answer')
    answer(socket, behaviour.status ?? 204, behaviour.headers ?? {}, behaviour.body ?? '');
  else if (behaviour.does === 'answer_late') answerLate(socket, behaviour.after);
  else if (behaviour.does === 'drip') drip(socket, behaviour.everyMs);
  else if (behaviour.does === 'raw') writeRaw(socket, behaviour.bytes, behaviour.closes ?? false);
  else if (behaviour.does === 'huge_body') pour(socket, OK_ENDLESS, PIECE);
  else if (behaviour.does === 'huge_chunks') pour(socket, OK_CHUNKED, Buffer.from(`10000\r\n${PIECE}\r\n`));
  else if (behaviour.does === 'gzip_bomb') answer(socket, 200, { 'content-encoding': 'gzip' }, packBomb());
  else breakOff(behaviour.does, socket);
}

const OK_ENDLESS = 'HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n';
const OK_CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';

const BROKEN = {
  hang_mid_body: 'HTTP/1.1 200 OK\r\ncontent-length: 200\r\n\r\nonly a part',
  close_before_headers: '',
  reset: '',
  close_mid_headers: 'HTTP/1.1 200 OK\r\ncontent-le',
  close_mid_body: 'HTTP/1.1 200 OK\r\ncontent-length: 200\r\n\r\nonly a part',
  close_mid_chunk: `${OK_CHUNKED}5\r\nhello\r\n`,
  huge_headers: `HTTP/1.1 200 OK\r\n${Array.from({ length: 5000 }, (_, i) => `x-${i}: 1\r\n`).join('')}\r\n`,
  garbage: 'HTTP/1.1 two hundred\r\n\r\n',
};

function breakOff(how: keyof typeof BROKEN, socket: Socket): void {
  if (how === 'reset') socket.resetAndDestroy();
  else if (BROKEN[how] === '') socket.destroy();
  else socket.write(BROKEN[how], 'latin1', () => how.startsWith('close') && socket.destroy());
}

function answer(socket: Socket, status: number, headers: Record<string, string>, body: string | Uint8Array): void {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = status === 204 || status === 304 ? '' : `content-length: ${bytes.length}\r\n`;
  socket.write(`HTTP/1.1 ${status} Status\r\n${lines.join('')}${length}\r\n`, 'latin1');
  if (bytes.length > 0) socket.write(bytes);
}

function writeRaw(socket: Socket, bytes: string, closes: boolean): void {
  if (closes) socket.end(bytes, 'latin1');
  else socket.write(bytes, 'latin1');
}

function answerLate(socket: Socket, after: number | Promise<unknown>): void {
  const now = () => socket.writable && answer(socket, 204, {}, '');
  if (typeof after !== 'number') {
    after.then(now);
    return;
  }
  const timer = setTimeout(now, after);
  socket.once('close', () => clearTimeout(timer));
}

function drip(socket: Socket, everyMs: number): void {
  socket.write(OK_CHUNKED);
  const timer = setInterval(() => socket.write('1\r\n.\r\n'), everyMs);
  socket.once('close', () => clearInterval(timer));
}

/** Writes as fast as the sender takes it, until it hangs up. */
function pour(socket: Socket, head: string, piece: Buffer): void {
  socket.write(head);
  const more = () => {
    while (socket.writable && socket.write(piece));
    if (socket.writable) socket.once('drain', more);
  };
  more();
}

function packBomb(): Buffer {
  bomb ??= gzipSync(Buffer.alloc(BOMB_BYTES));
  return bomb;
}
