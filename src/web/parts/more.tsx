// The foot of a list: how many there are, and the next page.
import { count } from '../format/numbers.ts';

interface MoreProps {
  shown: number;
  total: number;
  noun: string;
  hasMore: boolean;
  isLoading: boolean;
  onMore: () => void;
}

export function More({ shown, total, noun, hasMore, isLoading, onMore }: MoreProps) {
  return (
    <div class="more">
      <span class="faint">
        {count(shown)} of {total >= 10_000 ? 'more than ' : ''}
        {count(Math.max(total, shown))} {noun}
      </span>
      {hasMore ? (
        <button type="button" class="button" disabled={isLoading} onClick={onMore}>
          {isLoading ? 'Loading' : 'Show more'}
        </button>
      ) : null}
    </div>
  );
}
