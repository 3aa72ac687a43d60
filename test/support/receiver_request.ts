// Reads HTTP/1.1 requests with a content-length from the pieces in which a socket delivers them.

/** One request: header names in lower case, the body as its raw bytes. */
export type RawRequest = { method: string; path: string; headers: Record<string, string>; body: Buffer };

/** Takes the next piece of one connection and calls back for every request that it completes. */
export function makeRequestReader(onRequest: (request: RawRequest) => void): (piece: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0);
  return (piece) => {
    pending = pending.length === 0 ? piece : Buffer.concat([pending, piece]);
    for (;;) {
      const headEnd = pending.indexOf('\r\n\r\n');
      if (headEnd < 0) return;
      const head = readHead(pending.toString('latin1', 0, headEnd));
      const end = headEnd + 4 + Number(head.headers['content-length'] ?? 0);
      if (pending.length < end) return;
      const body = Buffer.from(pending.subarray(headEnd + 4, end));
      pending = pending.subarray(end);
      onRequest({ ...head, body });
    }
  };
}

function readHead(text: string): Omit<RawRequest, 'body'> {
  const [first = '', ...lines] = text.split('\r\n');
  const [method = '', path = ''] = first.split(' ');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { method, path, headers };
}
