// Reads as much of a receiver's answer as is worth keeping, and never more than a fixed amount of it.
import { createBrotliDecompress, createGunzip, createInflate, constants as zlib } from 'node:zlib';

/** What is kept of an answer, in bytes before they become text. */
export const EXCERPT_BYTES_MAX = 1024;

/** What is read of an answer before the connection is dropped; a shorter one leaves the connection fit for the next request. */
export const BODY_BYTES_MAX = 65_536;

/**
 * The first bytes of the answer as text, or null when there are none or they cannot be read as text. The fetch must have been
 * made with `decompress: false`: what arrives packed is unpacked here, and only until the excerpt is full, so that a bomb of
 * any ratio costs a kilobyte. Rejects as `fetch` does when the connection breaks or the deadline passes in mid-body.
 */
export async function readExcerpt(response: Response): Promise<string | null> {
  const { headers, status } = response;
  if (status === 204 || status === 304) return null;
  const encoding = headers.get('content-encoding');
  const length = headers.get('content-length');
  // A body of known, small size is read in one step. `transfer-encoding` would overrule the length, so it must be absent.
  const isSmall = length !== null && Number(length) <= BODY_BYTES_MAX && !headers.has('transfer-encoding');
  const bytes = isSmall ? await response.bytes() : await readCapped(response);
  if (bytes.length === 0) return null;
  return encoding === null || encoding === 'identity' ? textOf(bytes) : textOf(await unpack(bytes, encoding));
}

async function readCapped(response: Response): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.length;
    if (size <= BODY_BYTES_MAX) continue;
    // Cancelling closes the connection, which is the only way to stop a sender that does not stop by itself.
    reader.cancel().catch(() => undefined);
    break;
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

function unpack(bytes: Uint8Array, encoding: string): Promise<Uint8Array> {
  const unpacker = unpackerOf(encoding);
  if (unpacker === null) return Promise.resolve(new Uint8Array());
  return new Promise((resolve) => {
    let size = 0;
    const chunks: Uint8Array[] = [];
    const finish = () => {
      unpacker.destroy();
      resolve(Buffer.concat(chunks));
    };
    unpacker.on('data', (chunk: Uint8Array) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= EXCERPT_BYTES_MAX) finish();
    });
    unpacker.on('end', finish);
    unpacker.on('error', finish);
    unpacker.end(bytes);
  });
}

/** Packed answers are nobody's right, as `accept-encoding: identity` was sent, so only the common forms are unpacked. */
function unpackerOf(encoding: string) {
  const chunkSize = EXCERPT_BYTES_MAX;
  switch (encoding.toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip({ chunkSize, finishFlush: zlib.Z_SYNC_FLUSH });
    case 'deflate':
      return createInflate({ chunkSize, finishFlush: zlib.Z_SYNC_FLUSH });
    case 'br':
      return createBrotliDecompress({ chunkSize, finishFlush: zlib.BROTLI_OPERATION_FLUSH });
    default:
      return null;
  }
}

function textOf(bytes: Uint8Array): string | null {
  // As a stream: a character that the cut splits is left out rather than replaced.
  const text = new TextDecoder().decode(bytes.subarray(0, EXCERPT_BYTES_MAX), { stream: true });
  // PostgreSQL's text cannot hold the NUL character.
  return text === '' ? null : text.replaceAll('\0', '\uFFFD');
}
