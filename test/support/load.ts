// Sends requests without pause over connections that are kept, and counts everything that is not an answer as an error.
import { connect } from 'node:net';

export interface LoadRequest {
  method: string;
  path: string;
  body?: unknown;
}

export interface LoadReport {
  answered: number;
  /** Times that the server asked to connect again. */
  reconnected: number;
  byStatus: Record<number, number>;
  /** What went wrong, a line each: refused, reset, closed without an answer, late. */
  errors: string[];
}

export interface Load {
  report: LoadReport;
  stop(): Promise<LoadReport>;
}

const ANSWER_MS_MAX = 10_000;

/** `next` is asked for each request. A client of HTTP/1.1 that never tries again: every lost request shows. */
export function startLoad(port: number, connections: number, next: () => LoadRequest): Load {
  const report: LoadReport = { answered: 0, reconnected: 0, byStatus: {}, errors: [] };
  let isStopping = false;
  const run = async () => {
    let connection: Connection | undefined;
    while (!isStopping) {
      const request = next();
      try {
        connection ??= await open(port);
        const { status, isLast } = await connection.send(request);
        report.answered++;
        report.byStatus[status] = (report.byStatus[status] ?? 0) + 1;
        if (!isLast) continue;
        report.reconnected++;
      } catch (error) {
        report.errors.push(`${request.method} ${request.path}: ${(error as Error).message}`);
        if (report.errors.length > 1_000) return;
      }
      connection?.close();
      connection = undefined;
    }
    connection?.close();
  };
  const running = Promise.all(Array.from({ length: connections }, run));
  return {
    report,
    async stop() {
      isStopping = true;
      await running;
      return report;
    },
  };
}

interface Connection {
  send(request: LoadRequest): Promise<{ status: number; isLast: boolean }>;
  close(): void;
}

function open(port: number): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    let text = '';
    let waiting: { resolve(answer: { status: number; isLast: boolean }): void; reject(error: Error): void } | undefined;
    const fail = (why: string) => {
      waiting?.reject(new Error(why));
      waiting = undefined;
    };
    socket.on('error', (error) => {
      reject(error);
      fail(error.message);
    });
    socket.on('close', () => fail('closed without an answer'));
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      const answer = readAnswer(text);
      if (answer === undefined) return;
      text = '';
      waiting?.resolve(answer);
      waiting = undefined;
    });
    socket.on('connect', () =>
      resolve({
        close: () => socket.destroy(),
        send: (request) =>
          new Promise((answered, failed) => {
            const timer = setTimeout(() => fail('no answer'), ANSWER_MS_MAX);
            waiting = {
              resolve(answer) {
                clearTimeout(timer);
                answered(answer);
              },
              reject(error) {
                clearTimeout(timer);
                failed(error);
              },
            };
            if (socket.destroyed) fail('closed while idle');
            else socket.write(textOf(request));
          }),
      }),
    );
  });
}

function textOf({ method, path, body }: LoadRequest): string {
  const content = body === undefined ? '' : JSON.stringify(body);
  const headers = body === undefined ? '' : `content-type: application/json\r\ncontent-length: ${content.length}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n${content}`;
}

/** Undefined until it is whole. */
function readAnswer(text: string): { status: number; isLast: boolean } | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = text.slice(0, end).toLowerCase();
  const length = Number(/\r\ncontent-length: (\d+)/.exec(head)?.[1] ?? 0);
  if (text.length < end + 4 + length) return undefined;
  return { status: Number(head.slice(9, 12)), isLast: /\r\nconnection: close/.test(head) };
}
