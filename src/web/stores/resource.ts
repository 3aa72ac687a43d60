// What a page shows of the API: the newest answer, whether another is under way, and what went wrong; old answers stay visible.
import { useSignal } from '@preact/signals';
import { useCallback, useEffect, useRef } from 'preact/hooks';
import { ApiProblem } from '../api/client.ts';
import { onCatchUp } from '../live/link.ts';

export interface Resource<T> {
  value: T | undefined;
  problem: ApiProblem | undefined;
  isLoading: boolean;
  /** Asks again; the value stays until the answer is there. */
  reload(): void;
  /** Replaces the value at once, for what is already known. */
  set(value: T): void;
  /** The value of this moment, for what runs outside of drawing. */
  peek(): T | undefined;
}

/**
 * Loads now, whenever `key` changes, after a disconnection, and every `everyMs` while the page is visible. A newer load
 * aborts the older one.
 */
export function useResource<T>(
  key: string,
  load: (signal: AbortSignal) => Promise<T>,
  options: { everyMs?: number } = {},
): Resource<T> {
  const value = useSignal<T | undefined>(undefined);
  const problem = useSignal<ApiProblem | undefined>(undefined);
  const isLoading = useSignal(true);
  const running = useRef<AbortController | null>(null);
  const latest = useRef(load);
  latest.current = load;

  const reload = useCallback(() => {
    running.current?.abort();
    const control = new AbortController();
    running.current = control;
    isLoading.value = true;
    latest.current(control.signal).then(
      (answer) => {
        if (control.signal.aborted) return;
        value.value = answer;
        problem.value = undefined;
        isLoading.value = false;
      },
      (error: unknown) => {
        if (control.signal.aborted) return;
        isLoading.value = false;
        if (error instanceof ApiProblem) problem.value = error;
        else throw error;
      },
    );
  }, []);

  useEffect(() => {
    value.value = undefined;
    problem.value = undefined;
    reload();
    return () => running.current?.abort();
  }, [key]);
  useEffect(() => onCatchUp(reload), []);
  useEffect(() => {
    if (!options.everyMs) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) reload();
    }, options.everyMs);
    return () => clearInterval(timer);
  }, [options.everyMs]);

  return {
    value: value.value,
    problem: problem.value,
    isLoading: isLoading.value,
    reload,
    set: (next) => {
      value.value = next;
    },
    peek: () => value.peek(),
  };
}
