// A list that grows at both ends: older pages below when asked for, live rows above when nobody's pointer would lose its row.
import { signal } from '@preact/signals';
import { createRef } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { ApiProblem } from '../api/client.ts';
import type { Page } from '../api/types.ts';
import { onCatchUp } from '../live/link.ts';
import { addRows, type Feed, isFast, patchRow, release } from '../live/merge.ts';

interface Keyed {
  id: number;
}

type Load<Row> = (cursor: string | null, signal: AbortSignal) => Promise<Page<Row>>;

/** The state of one list. Made anew whenever what is listed changes. */
export class FeedStore<Row extends Keyed> {
  readonly feed = signal<Feed<Row>>({ rows: [], held: [] });
  readonly total = signal(0);
  readonly cursor = signal<string | null>(null);
  readonly isLoading = signal(true);
  readonly problem = signal<ApiProblem | undefined>(undefined);
  /** Rows that came by themselves: they fade in. */
  readonly freshIds = signal<ReadonlySet<number>>(new Set());
  /** To be put on the element that holds the rows. */
  readonly list = createRef<HTMLDivElement>();
  readonly #control = new AbortController();
  readonly #load: Load<Row>;
  #arrivals: number[] = [];

  constructor(load: Load<Row>) {
    this.#load = load;
  }

  /** Loads the first page. */
  start(): void {
    void this.#take(null, (page) => {
      this.feed.value = { rows: page.items, held: [] };
      this.total.value = page.total;
      this.cursor.value = page.next_cursor;
    });
  }

  /** Loads the next page below. */
  more(): void {
    void this.#take(this.cursor.peek(), (page) => {
      const { rows, held } = this.feed.peek();
      const shown = new Set(rows.map(({ id }) => id));
      this.feed.value = { rows: [...rows, ...page.items.filter(({ id }) => !shown.has(id))], held };
      this.total.value = page.total;
      this.cursor.value = page.next_cursor;
    });
  }

  /** Loads the first page again, such as after a disconnection, without moving a row that is shown. */
  reload(): void {
    void this.#take(null, (page) => {
      for (const row of page.items) this.patch(row.id, row);
      this.#insert(page.items, false);
      this.total.value = page.total;
      // A list that was empty has no place to go on from yet.
      if (this.feed.peek().rows.length <= page.items.length) this.cursor.value = page.next_cursor;
    });
  }

  /** Takes in rows that came by themselves. */
  add(rows: readonly Row[]): void {
    const now = performance.now();
    this.#arrivals = [...this.#arrivals, ...rows.map(() => now)].filter((time) => now - time < 1_000).slice(-50);
    this.total.value += rows.length;
    this.#insert(rows, isFast(this.#arrivals, now));
  }

  patch(id: number, change: Partial<Row>): void {
    this.feed.value = patchRow(this.feed.peek(), id, change);
  }

  /** Lets in what is held. */
  letIn(): void {
    this.feed.value = release(this.feed.peek());
  }

  stop(): void {
    this.#control.abort();
  }

  #insert(rows: readonly Row[], fast: boolean): void {
    const before = this.feed.peek();
    this.feed.value = addRows(before, rows, { isOnList: isReading(this.list.current), isFast: fast });
    const hasGrown = this.feed.peek().rows.length > before.rows.length;
    if (hasGrown && before.rows.length > 0) this.freshIds.value = new Set(rows.map(({ id }) => id));
  }

  async #take(cursor: string | null, use: (page: Page<Row>) => void): Promise<void> {
    const { signal } = this.#control;
    this.isLoading.value = true;
    try {
      const page = await this.#load(cursor, signal);
      if (signal.aborted) return;
      use(page);
      this.problem.value = undefined;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiProblem)) throw error;
      this.problem.value = error;
    }
    this.isLoading.value = false;
  }
}

/** A list for a component; `key` says what is listed. */
export function useFeed<Row extends Keyed>(key: string, load: Load<Row>): FeedStore<Row> {
  const store = useMemo(() => new FeedStore<Row>(load), [key]);
  useEffect(() => {
    store.start();
    const leave = onCatchUp(() => store.reload());
    return () => {
      leave();
      store.stop();
    };
  }, [store]);
  return store;
}

/** The pointer or the focus is on the list. */
function isReading(list: HTMLElement | null): boolean {
  return list !== null && (list.matches(':hover') || list.contains(document.activeElement));
}
