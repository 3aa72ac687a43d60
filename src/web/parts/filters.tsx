// The filters above a list: a search field and choices, all kept in the address.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { query, setQuery } from '../router.ts';

const TYPING_MS = 200;

/** Searches while one types; the address follows without filling the history. */
export function SearchField({ label, name = 'q', isMain = true }: { label: string; name?: string; isMain?: boolean }) {
  const value = query.value.get(name) ?? '';
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    // Back and forward change the field; typing must not be overtaken by its own echo.
    if (field.current && document.activeElement !== field.current) field.current.value = value;
  }, [value]);
  return (
    <input
      ref={field}
      type="search"
      class="search"
      data-search={isMain ? '' : undefined}
      placeholder={label}
      aria-label={label}
      aria-keyshortcuts={isMain ? '/' : undefined}
      defaultValue={value}
      onInput={(event) => {
        const text = event.currentTarget.value;
        clearTimeout(timer.current);
        timer.current = setTimeout(() => setQuery({ [name]: text, cursor: null }, { replace: true }), TYPING_MS);
      }}
    />
  );
}

export interface Option {
  /** Empty for "all". */
  value: string;
  word: string;
}

export function Choice({ label, name, options }: { label: string; name: string; options: readonly Option[] }) {
  const value = query.value.get(name) ?? '';
  return (
    <label class="choice">
      <span class="visually-hidden">{label}</span>
      <select
        value={value}
        class={value ? 'chosen' : ''}
        onChange={(event) => setQuery({ [name]: event.currentTarget.value, cursor: null })}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value} selected={option.value === value}>
            {option.word}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The row of filters, with a way to drop them all. */
export function FilterBar({ names, children }: { names: readonly string[]; children: ComponentChildren }) {
  const isFiltered = names.some((name) => query.value.has(name));
  return (
    <search class="filters">
      {children}
      {isFiltered ? (
        <button
          type="button"
          class="button quiet"
          onClick={() => setQuery(Object.fromEntries(names.map((name) => [name, null])))}
        >
          Clear filters
        </button>
      ) : null}
    </search>
  );
}
