// What an empty list shows: why it is empty, and the commands that fill it.
import type { ComponentChildren } from 'preact';
import { Code } from './code.tsx';

export interface Lesson {
  label: string;
  text: string;
}

export function Empty({
  title,
  children,
  lessons = [],
}: {
  title: string;
  children?: ComponentChildren;
  lessons?: readonly Lesson[];
}) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
      {lessons.length > 0 ? (
        <div class="lessons">
          {lessons.map(({ label, text }) => (
            <section key={label}>
              <h3>{label}</h3>
              <Code text={text} label={label} />
            </section>
          ))}
        </div>
      ) : null}
    </div>
  );
}
