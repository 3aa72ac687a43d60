// Reads one HTTP/1.1 answer as it arrives, by RFC 9112, strictly, and never more of it than is worth keeping.
import { malformedAnswer, type SendFailure } from './send_error.ts';

/** What is read of a body before the connection is dropped; a shorter one leaves the connection fit for the next request. */
const BODY_BYTES_MAX = 65_536;

/** What is kept of it: more than an excerpt takes, packed or not. */
export const KEPT_BYTES_MAX = 8_192;

/** Of one answer, with all that comes before it, its framing and its trailers. */
const WIRE_BYTES_MAX = 1_048_576;
const HEAD_BYTES_MAX = 16_384;
/** Answers of 1xx before the one that counts. */
const ANNOUNCED_MAX = 64;
/** Of the line before a chunk. */
const LINE_BYTES_MAX = 1_024;
/** Of a body, before they are made one: each costs a hundred bytes beside what it holds, and a chunk may be a single byte. */
const PARTS_MAX = 64;

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?:[ \r\n]|$)/;
const FIELD_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const CHUNK_SIZE = /^[\da-f]{1,8}(?=[ \t]*(?:;|$))/i;
const NOTHING = Buffer.alloc(0);

/** Lower-case names; a field that came several times is joined by commas. */
export type AnswerFields = Map<string, string>;

/** An answer that came to its end, or to as much of it as is read. */
export type Answer = {
  statusCode: number;
  fields: AnswerFields;
  /** The first bytes of the body, as they came. */
  body: Uint8Array;
  /** Whether the connection may serve another request. */
  isReusable: boolean;
};

type Framing = 'length' | 'chunks' | 'close';

/** Reads one answer; each is given to a reader of its own. */
export class AnswerReader {
  #rest: Buffer = NOTHING;
  #wireBytes = 0;
  /** Answers of 1xx. */
  #announced = 0;
  #statusCode = 0;
  #fields: AnswerFields | undefined;
  #framing: Framing = 'close';
  #isReusable = false;
  /** Still to come of the body, or of this chunk. */
  #left = 0;
  #body: Uint8Array[] = [];
  #size = 0;
  /** What the next line is, where chunks are read. */
  #line: 'size' | 'chunk end' | 'trailer' = 'size';

  /** A byte has come. */
  get hasHeard(): boolean {
    return this.#wireBytes > 0;
  }

  /** The status and the headers are here. */
  get hasBegun(): boolean {
    return this.#fields !== undefined;
  }

  /** Takes what came; undefined as long as the answer is not complete. */
  push(chunk: Buffer): Answer | SendFailure | undefined {
    this.#wireBytes += chunk.length;
    if (this.#wireBytes > WIRE_BYTES_MAX) return this.#fields === undefined ? malformedAnswer() : this.#end(false);
    const seen = this.#rest.length;
    const bytes = seen === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = NOTHING;
    return this.#fields === undefined ? this.#readHead(bytes, seen) : this.#readBody(bytes);
  }

  /** The receiver closed the connection: the answer, if that is how it ends; undefined when it broke off. */
  close(): Answer | undefined {
    return this.#fields !== undefined && this.#framing === 'close' ? this.#end(false) : undefined;
  }

  /** In what begins at the first byte no end was found before `seen`. */
  #readHead(bytes: Buffer, seen: number): Answer | SendFailure | undefined {
    let from = seen;
    for (let at = 0; ; from = 0) {
      const text = bytes.toString('latin1', at, at + HEAD_BYTES_MAX);
      const end = endOf(text, Math.max(0, from - 2));
      if (end < 0) {
        if (text.length === HEAD_BYTES_MAX || !'HTTP/1.'.startsWith(text.slice(0, 7))) return malformedAnswer();
        this.#rest = bytes.subarray(at);
        return undefined;
      }
      const head = text.slice(0, end);
      at += end + (text[end + 1] === '\n' ? 2 : 3);
      const status = STATUS_LINE.exec(head);
      if (status === null) return malformedAnswer();
      this.#statusCode = Number(status[2]);
      // Nothing was asked for that would make a switch of protocols an answer. Other answers of this kind only announce one.
      if (this.#statusCode === 101) return malformedAnswer();
      if (this.#statusCode < 200) {
        if (++this.#announced > ANNOUNCED_MAX) return malformedAnswer();
        if (at === bytes.length) return undefined;
        continue;
      }
      const fields = readFields(head);
      if (fields === undefined) return malformedAnswer();
      this.#isReusable = status[1] === '1' && !/\bclose\b/i.test(fields.get('connection') ?? '');
      if (!this.#frame(fields)) return malformedAnswer();
      this.#fields = fields;
      return this.#readBody(at === bytes.length ? NOTHING : bytes.subarray(at));
    }
  }

  /** How the body ends; false when the headers contradict themselves. */
  #frame(fields: AnswerFields): boolean {
    if (this.#statusCode === 204 || this.#statusCode === 304) {
      this.#framing = 'length';
      return true;
    }
    const coding = fields.get('transfer-encoding');
    const length = fields.get('content-length');
    if (coding !== undefined) {
      this.#framing = 'chunks';
      // A length beside it is overruled, but whoever sends both is not to be trusted with another request.
      if (length !== undefined) this.#isReusable = false;
      return coding.toLowerCase() === 'chunked';
    }
    if (length === undefined) return true;
    const lengths = new Set(length.split(',').map((each) => each.trim()));
    const [only = ''] = lengths;
    this.#framing = 'length';
    this.#left = Number(only);
    return lengths.size === 1 && /^\d{1,15}$/.test(only);
  }

  #readBody(bytes: Buffer): Answer | SendFailure | undefined {
    if (this.#framing === 'chunks') return this.#readChunks(bytes);
    if (bytes.length === 0 && this.#left === 0 && this.#framing === 'length') return this.#end(this.#isReusable);
    const isWhole = this.#framing === 'length' && bytes.length >= this.#left;
    const part = isWhole ? bytes.subarray(0, this.#left) : bytes;
    this.#left -= part.length;
    this.#keep(part);
    if (this.#size > BODY_BYTES_MAX) return this.#end(false);
    // What comes behind an answer belongs to no request.
    return isWhole ? this.#end(this.#isReusable && bytes.length === part.length) : undefined;
  }

  #readChunks(bytes: Buffer): Answer | SendFailure | undefined {
    let at = 0;
    for (;;) {
      if (this.#left > 0) {
        const part = bytes.subarray(at, at + this.#left);
        at += part.length;
        this.#left -= part.length;
        this.#keep(part);
        if (this.#size > BODY_BYTES_MAX) return this.#end(false);
        if (this.#left > 0) return undefined;
      }
      const end = bytes.indexOf(10, at);
      if (end < 0 ? bytes.length - at > LINE_BYTES_MAX : end - at > LINE_BYTES_MAX) return malformedAnswer();
      if (end < 0) {
        // A copy, as what it would be a part of may be large.
        if (at < bytes.length) this.#rest = Buffer.from(bytes.subarray(at));
        return undefined;
      }
      const line = bytes.toString('latin1', at, bytes[end - 1] === 13 ? Math.max(at, end - 1) : end);
      at = end + 1;
      if (this.#line === 'trailer') {
        if (line === '') return this.#end(this.#isReusable && at === bytes.length);
      } else if (this.#line === 'chunk end') {
        if (line !== '') return malformedAnswer();
        this.#line = 'size';
      } else {
        const size = CHUNK_SIZE.exec(line);
        if (size === null) return malformedAnswer();
        this.#left = Number.parseInt(size[0], 16);
        this.#line = this.#left === 0 ? 'trailer' : 'chunk end';
      }
    }
  }

  #keep(part: Uint8Array): void {
    if (part.length === 0) return;
    const room = KEPT_BYTES_MAX - this.#size;
    this.#size += part.length;
    if (room <= 0) return;
    const count = this.#body.push(part.length > room ? part.subarray(0, room) : part);
    if (count === PARTS_MAX) this.#body = [Buffer.concat(this.#body)];
  }

  #end(isReusable: boolean): Answer {
    const { length } = this.#body;
    const body = length === 0 ? NOTHING : length === 1 ? (this.#body[0] as Uint8Array) : Buffer.concat(this.#body);
    return { statusCode: this.#statusCode, fields: this.#fields as AnswerFields, body, isReusable };
  }
}

/** The last line feed of a head, from there on; a lone line feed ends a line as well. Below zero when there is none. */
function endOf(text: string, from: number): number {
  const bare = text.indexOf('\n\n', from);
  const usual = text.indexOf('\n\r\n', from);
  return usual < 0 || (bare >= 0 && bare < usual) ? bare : usual;
}

/** Undefined when a line behind the first is no field. */
function readFields(head: string): AnswerFields | undefined {
  const fields: AnswerFields = new Map();
  let last = '';
  for (let at = head.indexOf('\n') + 1; at > 0; ) {
    const next = head.indexOf('\n', at);
    const line = next < 0 ? head.slice(at) : head.slice(at, next);
    at = next + 1;
    if (line.startsWith(' ') || line.startsWith('\t')) {
      // A field that goes on in the next line, as it was allowed once.
      if (last === '') return undefined;
      fields.set(last, `${fields.get(last)} ${line.trim()}`);
      continue;
    }
    const colon = line.indexOf(':');
    last = line.slice(0, Math.max(0, colon)).toLowerCase();
    if (!FIELD_NAME.test(last)) return undefined;
    const value = line.slice(colon + 1).trim();
    const before = fields.get(last);
    fields.set(last, before === undefined ? value : `${before}, ${value}`);
  }
  return fields;
}
