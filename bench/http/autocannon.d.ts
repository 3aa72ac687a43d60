// What we use of autocannon, which brings no types.
declare module 'autocannon' {
  interface LoadClient {
    setRequests(
      requests: { method: string; path: string; headers: Record<string, string>; body?: string | undefined }[],
    ): void;
  }
  interface LoadOptions {
    url: string;
    connections: number;
    /** Seconds. */
    duration: number;
    /** Milliseconds between two looks at whether the time is over. */
    sampleInt: number;
    setupClient(client: LoadClient): void;
  }
  interface Running {
    on(event: 'response', listener: (client: LoadClient, code: number, bytes: number, tookMs: number) => void): void;
  }
  export default function autocannon(
    options: LoadOptions,
    done: (error: Error | null, result: { errors: number; timeouts: number }) => void,
  ): Running;
}
