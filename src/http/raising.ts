// Raises together what is asked for at the same time: under load one call of the database, and one commit, serves many requests.
import type { Api } from '../store/api.ts';
import { CallTimeout } from '../store/call.ts';

type Calls = Pick<Api['alerts'], 'raise_and_get_alert' | 'raise_and_get_alerts'>;
type Raise = Calls['raise_and_get_alert'];
type Arguments = Parameters<Raise>[0];
type Waiting = {
  args: Arguments;
  cameAtMs: number;
  resolve: (raised: Awaited<ReturnType<Raise>>) => void;
  reject: (error: unknown) => void;
};

/** Calls of one tenant under way; who comes meanwhile goes with the next. So nobody waits for company, only for a free one. */
const UNDER_WAY_MAX = 2;
const TOGETHER_MAX = 32;
/** As long as for a connection of the pool: whoever waits has given up by then, and sends it again. */
const WAIT_MS_MAX = 10_000;

/**
 * The same as `raise_and_get_alert` for whoever calls it, each with an answer or an error of its own. Alerts with a key or a trace
 * go alone.
 * @param now Milliseconds of a clock that only moves on.
 */
export function gatherRaises(calls: Calls, now: () => number = () => performance.now()): Raise {
  const lines = new Map<number, Line>();
  return (args) => {
    const { p_dedupe_key, p_idempotency_key, p_traceparent } = args;
    if ((p_dedupe_key ?? p_idempotency_key ?? p_traceparent) != null) return calls.raise_and_get_alert(args);
    const tenantId = args.p_tenant_id ?? 1;
    const line = lines.get(tenantId) ?? new Line(calls, tenantId, now, () => lines.delete(tenantId));
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
    readonly now: () => number,
    readonly onIdle: () => void,
  ) {}

  raise(args: Arguments): ReturnType<Raise> {
    const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<Raise>>>();
    this.#waiting.push({ args, cameAtMs: this.now(), resolve, reject });
    if (this.#underWay < UNDER_WAY_MAX) void this.#run();
    return promise;
  }

  async #run(): Promise<void> {
    this.#underWay++;
    for (let next = this.#take(); next.length > 0; next = this.#take()) await this.#send(next);
    this.#underWay--;
    if (this.#underWay === 0) this.onIdle();
  }

  /** Those that go next. Nothing is raised for one that has waited for too long. */
  #take(): Waiting[] {
    const since = this.now() - WAIT_MS_MAX;
    const inTime = this.#waiting.findIndex(({ cameAtMs }) => cameAtMs > since);
    const late = this.#waiting.splice(0, inTime < 0 ? this.#waiting.length : inTime);
    for (const { reject } of late) reject(new CallTimeout(`No call was free within ${WAIT_MS_MAX} ms.`));
    return this.#waiting.splice(0, TOGETHER_MAX);
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
      // Nothing was raised: each learns what is wrong with its own.
      if (isOfOne(error)) await Promise.all(together.map((each) => this.#sendAlone(each)));
      // Else it holds for all; or the server is away, nobody knows what was raised, and those behind would wait as long again.
      else for (const each of [...together, ...this.#waiting.splice(0)]) each.reject(error);
    }
  }

  async #sendAlone({ args, resolve, reject }: Waiting): Promise<void> {
    await this.calls.raise_and_get_alert(args).then(resolve, reject);
  }
}

/** Whether nothing was raised, by the fault of one alert perhaps. What ended with its session may have been committed. */
function isOfOne(error: unknown): boolean {
  const { name, code, severity } = (error ?? {}) as { name?: unknown; code?: unknown; severity?: unknown };
  if (name !== 'PostgresError' || severity === 'FATAL' || severity === 'PANIC') return false;
  // With 08 a pooler says that it has lost the server behind it. A tenant that may not raise, or a server that is read-only, out
  // of means or shutting down, would refuse each again.
  return !/^(?:LIMIT|NTFND|08|25|53|57)/.test(String(code));
}
