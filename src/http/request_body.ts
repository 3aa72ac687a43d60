// Reads the JSON body of a request within limits: 413 for what is too large, 415 for what is no JSON, 400 for what is broken.
import { invalid, Problem } from './problem.ts';

export interface BodyLimits {
  /** Default 1 MiB. */
  bodyBytesMax?: number;
  /** An empty body then counts as `{}`. */
  isBodyOptional?: boolean;
}

const BODY_BYTES_MAX = 1024 * 1024;
/** Deeper nesting would overflow the stack of whoever writes it out again. */
const DEPTH_MAX = 100;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The parsed body.
 * @throws Problem
 */
export async function readJson(request: Request, limits: BodyLimits): Promise<unknown> {
  const bytes = await readBytes(request, limits.bodyBytesMax ?? BODY_BYTES_MAX);
  if (bytes.length === 0) {
    if (limits.isBodyOptional) return {};
    throw new Problem('BODY_UNREADABLE', 'There is no body; a JSON document is needed.');
  }
  checkMediaType(request.headers);
  const text = decode(bytes);
  if (isTooDeep(text)) {
    throw new Problem('BODY_UNREADABLE', `The body is nested more than ${DEPTH_MAX} levels deep.`);
  }
  return parse(text);
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Problem('BODY_UNREADABLE', 'The body is not UTF-8.');
  }
}

/** Whole numbers that JavaScript would round are refused: somebody's id would silently become another. */
function parse(text: string): unknown {
  let isRounded = false;
  const check = (_: string, value: unknown, context?: { source?: string }) => {
    if (typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? ''))
      isRounded = true;
    return value;
  };
  let parsed: unknown;
  try {
    // Looking at every value costs several times the parsing, so only a text with so many digits in a row is worth it.
    parsed = /\d{16}/.test(text) ? JSON.parse(text, check) : JSON.parse(text);
  } catch {
    throw new Problem('BODY_UNREADABLE', 'The body is not well-formed JSON.');
  }
  const detail = `Whole numbers beyond ${Number.MAX_SAFE_INTEGER} must be sent as text, or they would be rounded.`;
  if (isRounded) throw invalid([{ pointer: '', detail }]);
  return parsed;
}

/** A missing type is refused too: a web page can send such a request to another origin without asking. */
function checkMediaType(headers: Headers): void {
  const [mediaType = ''] = (headers.get('content-type') ?? '').toLowerCase().split(';');
  if (!/^application\/(?:[\w.+-]+\+)?json\s*$/.test(mediaType)) {
    throw new Problem('UNSUPPORTED_MEDIA_TYPE', 'The body must have content-type: application/json.');
  }
  if (!['', 'identity'].includes(headers.get('content-encoding') ?? '')) {
    throw new Problem('UNSUPPORTED_MEDIA_TYPE', 'The body must not be compressed.');
  }
}

async function readBytes(request: Request, bytesMax: number): Promise<Uint8Array> {
  const declared = request.headers.get('content-length');
  if (Number(declared) > bytesMax) throw tooLarge(bytesMax);
  if (request.body === null) return new Uint8Array();
  if (declared !== null) return await request.bytes();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > bytesMax) throw tooLarge(bytesMax);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(bytesMax: number): Problem {
  return new Problem('BODY_TOO_LARGE', `The body must have at most ${bytesMax} bytes.`);
}

/** Counts brackets outside of strings. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let isInString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) isInString = !isInString;
    else if (isInString) {
      if (c === 0x5c) i++;
    } else if (c === 0x7b || c === 0x5b) {
      if (++depth > DEPTH_MAX) return true;
    } else if (c === 0x7d || c === 0x5d) depth--;
  }
  return false;
}
