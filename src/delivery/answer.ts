// Reads one HTTP/1.1 answer as it arrives, by RFC 9112, strictly, and never more of it than is worth keeping.
import { malformedAnswer, type SendFailure } from './send_error.ts';

/** What is read of a body before the connection is dropped; a shorter one leaves the connection fit for the next request. */
export const BODY_BYTES_MAX = 65_536;

/** Of one answer, with all that comes before it, its framing and its trailers. */
const WIRE_BYTES_MAX = 1_048_576;
const HEAD_BYTES_MAX = 16_384;
/** Of the line before a chunk. */
const LINE_BYTES_MAX = 1_024;

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?:[ \r\n]|$)/;
const FIELD_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const HEAD_END = /\r?\n\r?\n/;
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
  #statusCode = 0;
  #fields: AnswerFields | undefined;
  #framing: Framing = 'close';
  #isReusable = false;
  /** Still to come of the body, or of this chunk; the line end behind a chunk is taken as a part of it. */
  #left = 0;
  #body: Uint8Array[] = [];
  #size = 0;
  #isTrailing = false;

  /** The status and the headers are here. */
  get hasBegun(): boolean {
    return this.#fields !== undefined;
  }

  /** Takes what came; undefined as long as the answer is not complete. */
  push(chunk: Buffer): Answer | SendFailure | undefined {
    this.#wireBytes += chunk.length;
    if (this.#wireBytes > WIRE_BYTES_MAX) return this.#fields === undefined ? malformedAnswer() : this.#end(false);
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = NOTHING;
    return this.#fields === undefined ? this.#readHead(bytes) : this.#readBody(bytes);
  }

  /** The receiver closed the connection: the answer, if that is how it ends; undefined when it broke off. */
  close(): Answer | undefined {
    return this.#fields !== undefined && this.#framing === 'close' ? this.#end(false) : undefined;
  }

  #readHead(bytes: Buffer): Answer | SendFailure | undefined {
    const text = bytes.toString('latin1', 0, HEAD_BYTES_MAX);
    let end = text.indexOf('\r\n\r\n');
    let bodyAt = end + 4;
    if (end < 0) {
      // A lone line feed ends a line as well.
      const found = HEAD_END.exec(text);
      if (found === null) {
        if (bytes.length >= HEAD_BYTES_MAX || !'HTTP/1.'.startsWith(text.slice(0, 7))) return malformedAnswer();
        this.#rest = bytes;
        return undefined;
      }
      end = found.index;
      bodyAt = end + found[0].length;
    }
    const head = text.slice(0, end);
    const status = STATUS_LINE.exec(head);
    if (status === null) return malformedAnswer();
    const statusCode = Number(status[2]);
    // Nothing was asked for that would make a switch of protocols an answer. Other answers of this kind only announce one.
    if (statusCode === 101) return malformedAnswer();
    if (statusCode < 200) return bodyAt === bytes.length ? undefined : this.#readHead(bytes.subarray(bodyAt));
    const fields = readFields(head);
    if (fields === undefined) return malformedAnswer();
    this.#statusCode = statusCode;
    this.#isReusable = status[1] === '1' && !/\bclose\b/i.test(fields.get('connection') ?? '');
    if (!this.#frame(fields)) return malformedAnswer();
    this.#fields = fields;
    return this.#readBody(bodyAt === bytes.length ? NOTHING : bytes.subarray(bodyAt));
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
        this.#keep(part.subarray(0, Math.max(0, this.#left - 2)));
        this.#left -= part.length;
        if (this.#size > BODY_BYTES_MAX) return this.#end(false);
        if (this.#left > 0) return undefined;
      }
      const end = bytes.indexOf(10, at);
      if (end < 0 ? bytes.length - at > LINE_BYTES_MAX : end - at > LINE_BYTES_MAX) return malformedAnswer();
      if (end < 0) {
        this.#rest = bytes.subarray(at);
        return undefined;
      }
      const line = bytes.toString('latin1', at, end).trimEnd();
      at = end + 1;
      if (this.#isTrailing) {
        if (line === '') return this.#end(this.#isReusable && at === bytes.length);
        continue;
      }
      const size = /^[\da-f]{1,8}(?=[\s;]|$)/i.exec(line);
      if (size === null) return malformedAnswer();
      this.#left = Number.parseInt(size[0], 16);
      if (this.#left === 0) this.#isTrailing = true;
      else this.#left += 2;
    }
  }

  #keep(part: Uint8Array): void {
    if (part.length === 0) return;
    this.#body.push(part);
    this.#size += part.length;
  }

  #end(isReusable: boolean): Answer {
    const { length } = this.#body;
    const body = length === 0 ? NOTHING : length === 1 ? (this.#body[0] as Uint8Array) : Buffer.concat(this.#body);
    return { statusCode: this.#statusCode, fields: this.#fields as AnswerFields, body, isReusable };
  }
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
