// Asks together what different requests ask for at the same time: under load one call of the database serves many of them.
import { CallTimeout } from '../store/call.ts';
import { isLoss } from '../store/call_pool.ts';

/** How questions of one tenant are asked, alone and together. */
export interface Gathering<Question, Answer> {
  tenantOf(question: Question): number;
  alone(question: Question): Promise<Answer>;
  /** The answers, in the order of the questions, which are all of this tenant. */
  together(questions: readonly Question[], tenantId: number): Promise<readonly Answer[]>;
  togetherMax: number;
}

/**
 * The same as `alone` for whoever asks, each with an answer or an error of its own. Whoever asks goes with a call that has not
 * begun, never with one under way: what was committed before the question is seen by the answer.
 * @param now Milliseconds of a clock that only moves on.
 */
export function gather<Question, Answer>(
  gathering: Gathering<Question, Answer>,
  now: () => number = () => performance.now(),
): (question: Question) => Promise<Answer> {
  const lines = new Map<number, Line<Question, Answer>>();
  return (question) => {
    const tenantId = gathering.tenantOf(question);
    let line = lines.get(tenantId);
    if (line === undefined) {
      line = new Line(gathering, tenantId, now, () => lines.delete(tenantId));
      lines.set(tenantId, line);
    }
    return line.ask(question);
  };
}

interface Waiting<Question, Answer> {
  question: Question;
  cameAtMs: number;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

/** Calls of one tenant under way; who comes meanwhile goes with the next. So nobody waits for company, only for a free one. */
const UNDER_WAY_MAX = 2;
/** As long as for a connection of the pool: whoever waits has given up by then, and sends it again. */
const WAIT_MS_MAX = 10_000;

/**
 * The questions of one tenant: what another one's calls take is not waited for, and no call is for two. Each belongs to a
 * request that is open, so that there are never more of them than of those.
 */
class Line<Question, Answer> {
  #underWay = 0;
  #isDue = false;
  readonly #waiting: Waiting<Question, Answer>[] = [];

  constructor(
    readonly gathering: Gathering<Question, Answer>,
    readonly tenantId: number,
    readonly now: () => number,
    readonly onIdle: () => void,
  ) {}

  ask(question: Question): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#waiting.push({ question, cameAtMs: this.now(), resolve, reject });
    this.#wake();
    return promise;
  }

  /** A call begins when the event loop has gone through all requests that have come: they go along. */
  #wake(): void {
    if (this.#isDue || this.#waiting.length === 0 || this.#underWay >= UNDER_WAY_MAX) return;
    this.#isDue = true;
    setImmediate(() => void this.#run());
  }

  async #run(): Promise<void> {
    this.#isDue = false;
    const next = this.#take();
    this.#underWay++;
    this.#wake();
    if (next.length > 0) await this.#send(next);
    this.#underWay--;
    this.#wake();
    if (this.#underWay === 0 && !this.#isDue) this.onIdle();
  }

  /** Those that go next. Nothing is asked for one that has waited for too long. */
  #take(): Waiting<Question, Answer>[] {
    const since = this.now() - WAIT_MS_MAX;
    const inTime = this.#waiting.findIndex(({ cameAtMs }) => cameAtMs > since);
    const late = this.#waiting.splice(0, inTime < 0 ? this.#waiting.length : inTime);
    for (const { reject } of late) reject(new CallTimeout(`No call was free within ${WAIT_MS_MAX} ms.`));
    return this.#waiting.splice(0, this.gathering.togetherMax);
  }

  async #send(together: Waiting<Question, Answer>[]): Promise<void> {
    if (together.length === 1) return this.#sendAlone(together[0] as Waiting<Question, Answer>);
    try {
      const questions = together.map(({ question }) => question);
      const answers = await this.gathering.together(questions, this.tenantId);
      for (const [i, each] of together.entries()) each.resolve(answers[i] as Answer);
    } catch (error) {
      // Nothing has happened: each learns what is wrong with its own.
      if (isOfOne(error)) await Promise.all(together.map((each) => this.#sendAlone(each)));
      // Else it holds for all, or nobody knows what has happened. One connection that is lost says nothing about the next; but if
      // the server is away or does not answer, those behind would wait as long again.
      else for (const each of isLoss(error) ? together : [...together, ...this.#waiting.splice(0)]) each.reject(error);
    }
  }

  async #sendAlone({ question, resolve, reject }: Waiting<Question, Answer>): Promise<void> {
    await this.gathering.alone(question).then(resolve, reject);
  }
}

/** Whether nothing has happened, by the fault of one question perhaps. What ended with its session may have been committed. */
function isOfOne(error: unknown): boolean {
  const { name, code, severity } = (error ?? {}) as { name?: unknown; code?: unknown; severity?: unknown };
  if (name !== 'PostgresError' || severity === 'FATAL' || severity === 'PANIC') return false;
  // With 08 a pooler says that it has lost the server behind it. A tenant that may not raise, or a server that is read-only, out
  // of means or shutting down, would refuse each again.
  return !/^(?:LIMIT|NTFND|08|25|53|57)/.test(String(code));
}
