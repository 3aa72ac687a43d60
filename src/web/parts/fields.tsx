// Fields of a form: label, help, and what is wrong with the value, tied together for screen readers.
import type { FieldProblem } from '../api/client.ts';
import type { FormFields } from '../words/webhook_settings.ts';

type TextName = { [N in keyof FormFields]: FormFields[N] extends string ? N : never }[keyof FormFields];
type FlagName = { [N in keyof FormFields]: FormFields[N] extends boolean ? N : never }[keyof FormFields];

interface Common {
  fields: FormFields;
  set: (change: Partial<FormFields>) => void;
  problems: readonly FieldProblem[];
  label: string;
  help?: string;
}

interface FieldProps extends Common {
  name: TextName;
  rows?: number;
  isMono?: boolean;
  isNumber?: boolean;
  isRequired?: boolean;
}

export function Field(props: FieldProps) {
  const {
    fields,
    set,
    problems,
    name,
    label,
    help,
    rows,
    isMono = false,
    isNumber = false,
    isRequired = false,
  } = props;
  const wrong = problemsOf(problems, name);
  const shared = {
    id: `field-${name}`,
    name,
    value: fields[name],
    class: isMono ? 'mono' : undefined,
    required: isRequired,
    spellcheck: !isMono,
    'aria-invalid': wrong ? true : undefined,
    'aria-describedby': `about-${name}`,
    onInput: (event: { currentTarget: { value: string } }) => set({ [name]: event.currentTarget.value }),
  };
  return (
    <div class="field">
      <label for={shared.id}>{label}</label>
      {rows ? (
        <textarea {...shared} rows={rows} />
      ) : (
        <input {...shared} type="text" inputMode={isNumber ? 'decimal' : undefined} />
      )}
      <About name={name} help={help} wrong={wrong} />
    </div>
  );
}

export function Select({
  fields,
  set,
  problems,
  name,
  label,
  help,
  options,
}: Common & { name: TextName; options: readonly [string, string][] }) {
  return (
    <div class="field">
      <label for={`field-${name}`}>{label}</label>
      <select
        id={`field-${name}`}
        value={fields[name]}
        aria-describedby={`about-${name}`}
        onChange={(event) => set({ [name]: event.currentTarget.value })}
      >
        {options.map(([value, word]) => (
          <option key={value} value={value} selected={value === fields[name]}>
            {word}
          </option>
        ))}
      </select>
      <About name={name} help={help} wrong={problemsOf(problems, name)} />
    </div>
  );
}

export function Check({ fields, set, problems, name, label, help }: Common & { name: FlagName }) {
  return (
    <div class="field check">
      <label>
        <input
          type="checkbox"
          name={name}
          checked={fields[name]}
          aria-describedby={`about-${name}`}
          onChange={(event) => set({ [name]: event.currentTarget.checked })}
        />
        {label}
      </label>
      <About name={name} help={help} wrong={problemsOf(problems, name)} />
    </div>
  );
}

function About({ name, help, wrong }: { name: string; help: string | undefined; wrong: string | undefined }) {
  return (
    <p id={`about-${name}`} class={wrong ? 'field-problem' : 'field-help'} role={wrong ? 'alert' : undefined}>
      {wrong ?? help}
    </p>
  );
}

/** A pointer may lead into a field: /events/0. */
function problemsOf(problems: readonly FieldProblem[], name: string): string | undefined {
  return problems.find(({ pointer }) => pointer === `/${name}` || pointer.startsWith(`/${name}/`))?.detail;
}
