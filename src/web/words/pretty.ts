// Indents JSON for reading; anything else, such as JSON that was cut off, stays as it came.

const BYTES_MAX = 200_000;

export function pretty(text: string): string {
  if (text.length > BYTES_MAX || !/^\s*[{[]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
