// What went wrong with a load or an action, in the server's words, and what to do.
import type { ApiProblem } from '../api/client.ts';

export function ProblemNote({ problem, onRetry }: { problem: ApiProblem; onRetry?: () => void }) {
  return (
    <div class="problem" role="alert">
      <p>
        <strong>{problem.message}</strong> {adviceOf(problem)}
      </p>
      {problem.requestId && problem.status >= 500 ? <p class="faint mono">Request {problem.requestId}</p> : null}
      {onRetry ? (
        <button type="button" class="button" onClick={onRetry}>
          Try again
        </button>
      ) : null}
    </div>
  );
}

function adviceOf({ status, retryAfterSeconds }: ApiProblem): string {
  if (status === 403) return 'Your role does not allow it: ask for a token with a higher one.';
  if (status === 404) return 'It may have been deleted, or dropped by age.';
  if (status === 429) return retryAfterSeconds ? `Try again in ${retryAfterSeconds} s.` : 'Try again in a moment.';
  if (status === 503) return 'Deliveries that wait are safe in the database.';
  if (status >= 500) return 'The log of the server says more.';
  return '';
}
