// The form of a webhook's settings, each with plain help; what the server refuses is said beside its field.
import type { ApiProblem, FieldProblem } from '../api/client.ts';
import type { Webhook } from '../api/types.ts';
import { useSignal } from '@preact/signals';
import { type FormFields, fieldsOf, readFields } from '../words/webhook_settings.ts';
import { Check, Field, Select } from './fields.tsx';

interface WebhookFormProps {
  action: string;
  webhook?: Webhook;
  cancelHref: string;
  onSubmit: (settings: Record<string, unknown>) => Promise<ApiProblem | null>;
}

export function WebhookForm({ action, webhook, cancelHref, onSubmit }: WebhookFormProps) {
  const fields = useSignal<FormFields>(fieldsOf(webhook));
  const problems = useSignal<readonly FieldProblem[]>([]);
  const isBusy = useSignal(false);
  const set = (change: Partial<FormFields>) => {
    fields.value = { ...fields.peek(), ...change };
  };
  const submit = async () => {
    const reading = readFields(fields.peek(), webhook);
    if (!reading.ok) {
      problems.value = [reading];
      return;
    }
    isBusy.value = true;
    const problem = await onSubmit(reading.settings);
    isBusy.value = false;
    if (problem)
      problems.value = problem.fields.length > 0 ? problem.fields : [{ pointer: '', detail: problem.message }];
  };
  const about = { fields: fields.value, set, problems: problems.value };
  const rest = problems.value.filter(({ pointer }) => !Object.hasOwn(fields.value, pointer.split('/')[1] ?? ''));
  return (
    <form
      class="settings"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Main {...about} />
      <Which {...about} />
      <How {...about} headerNames={webhook?.header_names ?? []} />
      {rest.map(({ detail }) => (
        <p key={detail} class="field-problem" role="alert">
          {detail}
        </p>
      ))}
      <div class="actions">
        <button type="submit" class="button primary" disabled={isBusy.value}>
          {action}
        </button>
        <a class="button" href={cancelHref}>
          Cancel
        </a>
      </div>
    </form>
  );
}

interface PartProps {
  fields: FormFields;
  set: (change: Partial<FormFields>) => void;
  problems: readonly FieldProblem[];
}

function Main(props: PartProps) {
  return (
    <fieldset>
      <Field {...props} name="name" label="Name" help="How you and your colleagues call it." isRequired />
      <Field
        {...props}
        name="url"
        label="URL"
        help="Where alerts are POSTed to, over http or https."
        isRequired
        isMono
      />
      <Field {...props} name="description" label="Description" rows={2} />
    </fieldset>
  );
}

function Which(props: PartProps) {
  return (
    <fieldset>
      <legend>Which alerts it gets</legend>
      <Field
        {...props}
        name="events"
        label="Events"
        isMono
        help="Alert types, prefixes such as order.*, or * for all; with commas between."
      />
      <Select
        {...props}
        name="min_severity"
        label="Least severity"
        options={[
          ['INFO', 'Info and above'],
          ['WARNING', 'Warning and above'],
          ['CRITICAL', 'Critical only'],
        ]}
      />
      <Field
        {...props}
        name="filter"
        label="Filter"
        rows={3}
        isMono
        help={'Conditions on the alert, as JSON: {"context.amount": {"gte": 100}}. Empty for none.'}
      />
    </fieldset>
  );
}

function How({ headerNames, ...props }: PartProps & { headerNames: readonly string[] }) {
  const kept = headerNames.length > 0 ? ` Set now: ${headerNames.join(', ')}. Leave it empty to keep them.` : '';
  return (
    <fieldset>
      <legend>How it is sent</legend>
      <Select
        {...props}
        name="format"
        label="Format"
        options={[
          ['standard', 'Standard Webhooks'],
          ['slack', 'Slack'],
          ['discord', 'Discord'],
          ['teams', 'Microsoft Teams'],
          ['pagerduty', 'PagerDuty'],
        ]}
      />
      <div class="row-fields">
        <Field {...props} name="timeout_seconds" label="Timeout, seconds" isNumber />
        <Field
          {...props}
          name="rate_limit_per_second"
          label="Deliveries per second"
          isNumber
          help="Empty for no limit."
        />
        <Field {...props} name="max_in_flight" label="In flight at once" isNumber />
        <Field {...props} name="max_retries" label="Retries" isNumber help="Empty for 9." />
      </div>
      <Field
        {...props}
        name="headers"
        label="Custom headers"
        rows={2}
        isMono
        help={`One per line, as in authorization: Bearer abc. Kept encrypted and never shown again.${kept}`}
      />
      <Check {...props} name="ordered" label="In order" help="One at a time; a failure holds back what follows." />
      <Check
        {...props}
        name="ssl_verify"
        label="Verify the certificate"
        help="Off only for receivers with a certificate of their own."
      />
    </fieldset>
  );
}
