// Raises together what is asked for at the same time: under load one call of the database, and one commit, serves many requests.
import type { Api } from '../store/api.ts';

type Calls = Pick<Api['alerts'], 'raise_and_get_alert' | 'raise_and_get_alerts'>;
type Raise = Calls['raise_and_get_alert'];
type Arguments = Parameters<Raise>[0];
type Waiting = {
  args: Arguments;
  resolve: (raised: Awaited<ReturnType<Raise>>) => void;
  reject: (error: unknown) => void;
};

/** Calls of one tenant under way; who comes meanwhile goes with the next. So nobody waits for company, only for a free one. */
const UNDER_WAY_MAX = 2;
const TOGETHER_MAX = 32;

/**
 * The same as `raise_and_get_alert` for whoever calls it, each with an answer or an error of its own. Alerts with a key or a trace
 * go alone.
 */
export function gatherRaises(calls: Calls): Raise {
  const lines = new Map<number, Line>();
  return (args) => {
    const { p_dedupe_key, p_idempotency_key, p_traceparent } = args;
    if ((p_dedupe_key ?? p_idempotency_key ?? p_traceparent) != null) return calls.raise_and_get_alert(args);
    const tenantId = args.p_tenant_id ?? 1;
    const line = lines.get(tenantId) ?? new Line(calls, tenantId, () => lines.delete(tenantId));
    lines.set(tenantId, line);
    return line.raise(args);
  };
}

/** The requests of one tenant: what another one's calls take is not waited for. */
class Line {
  #underWay = 0;
  readonly #waiting: Waiting[] = [];

  constructor(
    readonly calls: Calls,
    readonly tenantId: number,
    readonly onIdle: () => void,
  ) {}

  raise(args: Arguments): ReturnType<Raise> {
    const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<Raise>>>();
    this.#waiting.push({ args, resolve, reject });
    if (this.#underWay < UNDER_WAY_MAX) void this.#run();
    return promise;
  }

  async #run(): Promise<void> {
    this.#underWay++;
    while (this.#waiting.length > 0) await this.#send(this.#waiting.splice(0, TOGETHER_MAX));
    this.#underWay--;
    if (this.#underWay === 0) this.onIdle();
  }

  async #send(together: Waiting[]): Promise<void> {
    if (together.length === 1) return this.#sendAlone(together[0] as Waiting);
    try {
      const p_alerts = together.map(({ args }) => ({
        message: args.p_message,
        alert_type: args.p_alert_type,
        severity: args.p_severity,
        context: args.p_context,
        operation_type: args.p_operation_type,
      }));
      const raised = await this.calls.raise_and_get_alerts({ p_alerts, p_tenant_id: this.tenantId });
      for (const [i, each] of together.entries()) each.resolve(raised[i] as (typeof raised)[number]);
    } catch (error) {
      // The server refused, and nothing was raised: each learns what is wrong with its own.
      if (isFromServer(error)) await Promise.all(together.map((each) => this.#sendAlone(each)));
      // Else it is away, and nobody knows what was raised. Those behind have waited as long, and would wait as long again.
      else for (const each of [...together, ...this.#waiting.splice(0)]) each.reject(error);
    }
  }

  async #sendAlone({ args, resolve, reject }: Waiting): Promise<void> {
    await this.calls.raise_and_get_alert(args).then(resolve, reject);
  }
}

function isFromServer(error: unknown): boolean {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  // Shutting down, out of means: it would refuse each again.
  return name === 'PostgresError' && !/^(?:53|57)/.test(String(code));
}
