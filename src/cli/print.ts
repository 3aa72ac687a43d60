// Prints for people: tables, and texts that others wrote, without what could steer the terminal.

/** A text of others on one line: what a terminal would obey, or what would break the line, is shown as a sign. */
export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) => (char === '\n' || char === '\t' ? ' ' : '\ufffd'));
}

/** Columns as wide as their widest cell; `null` is a dash. */
export function printTable(head: readonly string[], rows: readonly (readonly (string | number | null)[])[]): void {
  const texts = [head, ...rows.map((row) => row.map((cell) => plainText(cell === null ? '-' : String(cell))))];
  const widths = head.map((_, i) => Math.max(...texts.map((row) => Bun.stringWidth(row[i] ?? ''))));
  const pad = (cell: string, i: number) => cell + ' '.repeat((widths[i] ?? 0) - Bun.stringWidth(cell));
  for (const row of texts) console.log(row.map(pad).join('  ').trimEnd());
}

/** One field a line. */
export function printFields(fields: Readonly<Record<string, unknown>>): void {
  const width = Math.max(...Object.keys(fields).map((name) => name.length));
  for (const [name, value] of Object.entries(fields)) {
    const text = value === null ? '-' : typeof value === 'object' ? JSON.stringify(value) : String(value);
    console.log(`${name.padEnd(width)}  ${plainText(text)}`);
  }
}

export function printJson(value: unknown): void {
  console.log(jsonText(value, process.stdout.isTTY ? 2 : 0));
}

/** The same value for programs, and nothing for a terminal to obey: JSON itself leaves U+009B, which is ESC [, as it is. */
export function jsonText(value: unknown, indent = 0): string {
  const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value, null, indent).replace(/[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, escaped);
}

/** An instant to the minute, in UTC. */
export function minuteOf(time: string | null): string | null {
  return time === null ? null : time.slice(0, 16).replace('T', ' ');
}

/**
 * A bar that is drawn over itself on standard error, where that is a terminal; nothing otherwise.
 * @returns what draws it: done of total, and words behind it
 */
export function makeProgressBar(): { draw(done: number, total: number, words: string): void; end(): void } {
  const { stderr } = process;
  if (!stderr.isTTY) return { draw: () => undefined, end: () => undefined };
  const WIDTH = 30;
  return {
    draw(done, total, words) {
      const full = total === 0 ? WIDTH : Math.min(WIDTH, Math.round((WIDTH * done) / total));
      const percent = total === 0 ? 100 : Math.min(100, Math.floor((100 * done) / total));
      stderr.write(
        `\r\x1b[K[${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}] ${String(percent).padStart(3)} %  ${words}`,
      );
    },
    end: () => void stderr.write('\n'),
  };
}
