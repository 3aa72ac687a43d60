// Reads the trace that a request or an alert belongs to, by W3C Trace Context (https://www.w3.org/TR/trace-context/).

const FORM = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
/** A later version may have more at its end; what it has in common with version 00 is used. */
const LATER_FORM = /^(?!ff|00)[0-9a-f]{2}(-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})(?:-|$)/;
/** The payload begins with what only our SQL writes: a type without quotes, a time. */
const IN_PAYLOAD = /^\{"type":"[\w.-]*","timestamp":"[\w:.-]*","traceparent":"([\da-f-]{55})"/;

/** A `traceparent` header in version 00; undefined for none and, as the standard wants, for one that is not well-formed. */
export function readTraceparent(header: string | null | undefined): string | undefined {
  if (header === null || header === undefined) return undefined;
  const text = header.replace(LATER_FORM, '00$1').slice(0, 55);
  return FORM.test(text) && (header.length === 55 || !header.startsWith('00')) ? text : undefined;
}

/** The trace that an alert was raised in, from its payload. */
export function traceparentOf(payload: string | undefined): string | undefined {
  return payload === undefined ? undefined : IN_PAYLOAD.exec(payload)?.[1];
}

/** The id by which logs, tracing systems and we find all that belongs together. */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  return traceparent?.slice(3, 35);
}
