// Starts the counting receiver in a process of its own and asks it what it has got.

/** What has come so far; times are in milliseconds since 1970, null before the first request. */
export type ReceiverStats = {
  total: number;
  unique: number;
  duplicates: number;
  unverified: number;
  first_at_ms: number | null;
  last_at_ms: number | null;
};

export type ReceiverChild = {
  url: string;
  pid: number;
  stats(): Promise<ReceiverStats>;
  /** Every webhook-id with how often it came. */
  ids(): Promise<Map<string, number>>;
  /** The ids that came to each path below `/ordered/`, in the order in which they came first. */
  orders(): Promise<Map<string, string[]>>;
  reset(): Promise<void>;
  /** From now on it answers with this status, or not at all. */
  behave(status: number, isHanging?: boolean): Promise<void>;
  stop(): Promise<void>;
};

/** Starts it on a free port; resolves when it listens. Options are those of `receiver_main.ts`. */
export async function startReceiverChild(
  options: { secret?: string; delayMs?: number; status?: number } = {},
): Promise<ReceiverChild> {
  const args = [`${import.meta.dir}/receiver_main.ts`];
  if (options.secret !== undefined) args.push('--secret', options.secret);
  if (options.delayMs !== undefined) args.push('--delay-ms', String(options.delayMs));
  if (options.status !== undefined) args.push('--status', String(options.status));
  const child = Bun.spawn([process.execPath, ...args], { stdout: 'pipe', stderr: 'inherit' });
  const { value } = await child.stdout.getReader().read();
  const url = new TextDecoder().decode(value).trim();
  if (!url.startsWith('http://')) throw new Error(`the receiver did not start: ${url}`);
  return {
    url,
    pid: child.pid,
    stats: async () => (await (await fetch(`${url}/_stats`)).json()) as ReceiverStats,
    ids: async () => readIds(await (await fetch(`${url}/_ids`)).text()),
    orders: async () => {
      const orders = (await (await fetch(`${url}/_orders`)).json()) as Record<string, string[]>;
      return new Map(Object.entries(orders));
    },
    reset: async () => void (await fetch(`${url}/_reset`)),
    behave: async (status, isHanging = false) =>
      void (await fetch(`${url}/_behave?status=${status}&hang=${Number(isHanging)}`)),
    stop: async () => {
      child.kill('SIGKILL');
      await child.exited;
    },
  };
}

function readIds(text: string): Map<string, number> {
  const ids = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [id, count] = line.split(' ');
    if (id) ids.set(id, Number(count));
  }
  return ids;
}
