// The error that routes throw, and the closed list of what can go wrong, with the status of each.

/** Every `error_code` that an answer can have. */
export const problemKinds = {
  BODY_UNREADABLE: { status: 400, title: 'Bad Request' },
  UNAUTHENTICATED: { status: 401, title: 'Unauthorized' },
  PERMISSION_DENIED: { status: 403, title: 'Forbidden' },
  RESOURCE_NOT_FOUND: { status: 404, title: 'Not Found' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'Method Not Allowed' },
  STATE_CONFLICT: { status: 409, title: 'Conflict' },
  ALREADY_EXISTS: { status: 409, title: 'Conflict' },
  BODY_TOO_LARGE: { status: 413, title: 'Content Too Large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'Unsupported Media Type' },
  VALIDATION_ERROR: { status: 422, title: 'Unprocessable Content' },
  RATE_LIMITED: { status: 429, title: 'Too Many Requests' },
  INTERNAL_ERROR: { status: 500, title: 'Internal Server Error' },
  SERVICE_UNAVAILABLE: { status: 503, title: 'Service Unavailable' },
  TIMEOUT: { status: 504, title: 'Gateway Timeout' },
} as const;

export type ProblemCode = keyof typeof problemKinds;

/** What is wrong with one field; `pointer` is a JSON pointer into the body, or `/name` of a parameter. */
export interface FieldError {
  pointer: string;
  detail: string;
}

/** An expected failure of a request. `detail` is shown to the caller: plain words, never a submitted value. */
export class Problem extends Error {
  override name = 'Problem';
  constructor(
    readonly errorCode: ProblemCode,
    readonly detail: string,
    readonly errors: readonly FieldError[] = [],
    /** Sent with the answer, such as `retry-after`. */
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
  }

  get status(): number {
    return problemKinds[this.errorCode].status;
  }
}

/** 422 about fields. */
export function invalid(errors: readonly FieldError[]): Problem {
  return new Problem('VALIDATION_ERROR', errors[0]?.detail ?? 'The request is not valid.', errors);
}

/** Names of unknown fields and conditions are the caller's own: a pointer ends before one that is not like a name. */
export function plainPointer(pointer: string): string {
  const names = pointer.split('/').slice(1);
  const strange = names.findIndex((name) => !/^[\w.-]{1,80}$/.test(name));
  return names
    .slice(0, strange === -1 ? names.length : strange)
    .map((name) => `/${name}`)
    .join('');
}

/**
 * Gives the row, or says that there is none.
 * @throws Problem 404
 */
export function found<T>(row: T | null, noun: 'webhook' | 'alert' | 'delivery' | 'replay' | 'tenant'): T {
  if (row === null) throw new Problem('RESOURCE_NOT_FOUND', `There is no such ${noun}.`);
  return row;
}
