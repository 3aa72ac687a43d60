// Reads of one thing by its id: what a route answers, and what the cache loads without going through the route.
import { idMaxOf } from './operation.ts';

/** What is sent of the thing with this id. Rejects with a Problem 404 where the tenant has none. */
export type SingleRead<Row = unknown> = (tenantId: number, id: number) => Promise<Row>;

const nouns = { webhooks: 'webhook', alerts: 'alert', deliveries: 'delivery' } as const;
type Noun = keyof typeof nouns;
const PATH = /^\/api\/v1\/(webhooks|alerts|deliveries)\/([1-9]\d{0,15})$/;

/** Filled by the routes as they are made. */
export class SingleReads {
  readonly #reads = new Map<string, SingleRead>();

  /** For the route `/:id` of a noun, which answers what it is given back; whoever may read anything may read this. */
  add<Row>(noun: Noun, read: SingleRead<Row>): SingleRead<Row> {
    this.#reads.set(noun, read);
    return read;
  }

  /** What the route of this path would read for a tenant; undefined where it is for the route to say what is wrong, or another path. */
  find(path: string): ((tenantId: number) => Promise<unknown>) | undefined {
    const [, noun = '', digits] = PATH.exec(path) ?? [];
    const read = this.#reads.get(noun);
    const id = Number(digits);
    if (read === undefined || id > idMaxOf(nouns[noun as Noun])) return undefined;
    return (tenantId) => read(tenantId, id);
  }
}
