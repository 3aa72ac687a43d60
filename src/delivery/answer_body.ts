// Makes text of as much of a receiver's answer as is worth keeping.
import { createBrotliDecompress, createGunzip, createInflate, constants as zlib } from 'node:zlib';
import type { Answer } from './answer.ts';

/** What is kept of an answer, in bytes before they become text. */
export const EXCERPT_BYTES_MAX = 1024;

/**
 * The first bytes of the answer as text, or null when there are none or they cannot be read as text. What arrives packed is
 * unpacked only until the excerpt is full, so that a bomb of any ratio costs a kilobyte. Never rejects.
 */
export function readExcerpt({ body, fields }: Answer): string | null | Promise<string | null> {
  if (body.length === 0) return null;
  const encoding = fields.get('content-encoding');
  return encoding === undefined || encoding === 'identity' ? textOf(body) : unpack(body, encoding).then(textOf);
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
