// What the parts of the program see of tracing: spans that begin and end. There is none of it unless it is configured.

/** One span under way. */
export interface Span {
  /** For what is called from here: its spans are children of this one. */
  readonly traceparent: string;
  rename(name: string): void;
  set(attributes: Record<string, string | number | boolean | undefined>): void;
  /** @param error why it failed, in a word; never a text that may hold what people stored */
  end(error?: string): void;
}

/** Attributes follow the semantic conventions of OpenTelemetry. */
export interface Tracing {
  /** A span of what was asked of us, or of what we ask; without a parent it begins a trace. */
  start(name: string, kind: 'server' | 'client' | 'producer', parent?: string): Span;
  /** Runs with this span as the current one, in all that it awaits. */
  within<T>(span: Span, run: () => T): T;
  /** The innermost span that this runs within. */
  current(): Span | undefined;
  /** Sends what has ended and was not sent yet. */
  stop(): Promise<void>;
}
