// A request and its answer, side by side.
import type { ApiProblem } from '../api/client.ts';
import type { Attempt, Delivery } from '../api/types.ts';
import { bytes, milliseconds } from '../format/numbers.ts';
import type { ShownRequest } from '../words/curl.ts';
import { plainError } from '../words/delivery.ts';
import { pretty } from '../words/pretty.ts';
import { reasons } from '../words/failures.ts';
import { SECRET, signatureOf } from '../words/request.ts';
import { Code } from './code.tsx';

interface ExchangeProps {
  delivery: Delivery;
  attempt: Attempt | undefined;
  request: ShownRequest | undefined;
  problem: ApiProblem | undefined;
}

export function Exchange({ delivery, attempt, request, problem }: ExchangeProps) {
  return (
    <div class="exchange">
      <section class="block" aria-label="Request">
        <h2>Request</h2>
        {request ? (
          <RequestParts request={request} delivery={delivery} attempt={attempt} />
        ) : (
          <p class="faint">{problem ? 'The alert, which held the body, was dropped by age.' : 'Loading'}</p>
        )}
      </section>
      <section class="block" aria-label="Answer">
        <h2>Answer</h2>
        {attempt ? <AnswerParts attempt={attempt} /> : <p class="faint">There is none yet: it has not been tried.</p>}
      </section>
    </div>
  );
}

function RequestParts({
  request,
  delivery,
  attempt,
}: {
  request: ShownRequest;
  delivery: Delivery;
  attempt: Attempt | undefined;
}) {
  const signed = signatureOf(delivery, attempt, request.body);
  return (
    <>
      <p class="mono wrap">
        <b>POST</b> {request.url}
      </p>
      <h3>Headers</h3>
      <HeaderList headers={request.headers} />
      <h3>
        Body <span class="faint">{bytes(new TextEncoder().encode(request.body).length)}</span>
      </h3>
      {request.format ? (
        <p class="faint">
          This is what was raised: it goes out in the form that {request.format} takes, signed as such.
        </p>
      ) : null}
      <Code text={request.body} shown={pretty(request.body)} label="Body" lines={12} />
      <details class="signature">
        <summary>How it is signed</summary>
        <p>
          The signature is <code>v1,</code> and the base64 of HMAC-SHA256 over this text, with the webhook’s secret less
          its <code>whsec_</code> and decoded from base64. The secret is not shown, so neither is the signature:{' '}
          {SECRET} stands for it.
        </p>
        <HeaderList
          headers={[
            { name: 'id', value: signed.id },
            { name: 'timestamp', value: signed.timestamp },
          ]}
        />
        <Code text={signed.content} label="Signed text" lines={6} />
      </details>
    </>
  );
}

function HeaderList({ headers }: { headers: readonly { name: string; value: string }[] }) {
  return (
    <dl class="headers mono">
      {headers.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function AnswerParts({ attempt }: { attempt: Attempt }) {
  const { status_code, response_ms, error, response_body } = attempt;
  const reason = status_code === null ? undefined : reasons[status_code];
  const headers = Object.entries(attempt.response_headers ?? {}).map(([name, value]) => ({ name, value }));
  const isBare = status_code !== null && headers.length === 0;
  return (
    <>
      <p class="mono wrap">
        {status_code === null ? (
          <b>No answer</b>
        ) : (
          <>
            <b>{status_code}</b> {reason}
          </>
        )}{' '}
        <span class="faint">{response_ms === null ? '' : `after ${milliseconds(response_ms)}`}</span>
      </p>
      {error ? <p>{sentence(plainError(error))}</p> : null}
      {headers.length > 0 ? (
        <>
          <h3>Headers</h3>
          <HeaderList headers={headers} />
        </>
      ) : null}
      {response_body ? (
        <>
          <h3>
            First bytes <span class="faint">{bytes(new TextEncoder().encode(response_body).length)}</span>
          </h3>
          <Code text={response_body} shown={pretty(response_body)} label="Answer" lines={12} />
        </>
      ) : (
        <p class="faint">{status_code === null ? '' : 'The answer had no body.'}</p>
      )}
      {isBare ? <p class="faint">Headers of answers are kept where an attempt failed.</p> : null}
    </>
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
