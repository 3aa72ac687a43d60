// What a webhook answered to a test: the real status, time and body.
import type { TestAnswer } from '../api/types.ts';
import { milliseconds } from '../format/numbers.ts';
import { plainError } from '../words/delivery.ts';
import { reasons } from '../words/failures.ts';
import { pretty } from '../words/pretty.ts';
import { Code } from './code.tsx';
import { Mark } from './marks.tsx';

export function TestAnswerView({ answer, onClose }: { answer: TestAnswer; onClose: () => void }) {
  const isGood = answer.success;
  return (
    <section class={`block test-answer ${isGood ? 'good' : 'bad'}`} aria-label="Answer to the test" aria-live="polite">
      <header class="block-head">
        <h2>
          <Mark shape={isGood ? 'disc' : 'square'} tone={isGood ? 'healthy' : 'unavailable'} /> {headline(answer)}
        </h2>
        <button type="button" class="button quiet small" aria-label="Close the answer" onClick={onClose}>
          ✕
        </button>
      </header>
      <p class="faint">
        It got a message of type <code>tocsin.ping</code> with webhook-id <span class="mono">{answer.message_id}</span>.
      </p>
      {answer.response_body ? (
        <Code text={pretty(answer.response_body)} label="Answer" lines={6} />
      ) : (
        <p class="faint">{answer.status_code === null ? 'Nothing came back.' : 'The answer had no body.'}</p>
      )}
    </section>
  );
}

function headline({ status_code, response_ms, error }: TestAnswer): string {
  const took = response_ms === null ? '' : ` after ${milliseconds(response_ms)}`;
  if (status_code === null) return `No answer: ${plainError(error)}.`;
  const reason = reasons[status_code];
  return `The receiver answered ${status_code}${reason ? ` ${reason}` : ''}${took}.`;
}
