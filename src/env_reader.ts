// Reads single variables and collects what is wrong with them, so that one message can name it all.

/** Every method answers a usable value, even for a wrong variable: the problem is kept, and reading goes on. */
export class EnvReader {
  /** One sentence for each wrong variable. It never shows the value, which may be a secret. */
  readonly problems: string[] = [];

  constructor(private readonly env: Record<string, string | undefined>) {}

  wrong(name: string, expected: string): void {
    this.problems.push(`${name} must be ${expected}.`);
  }

  text(name: string): string | undefined {
    return this.env[name]?.trim() || undefined;
  }

  integer(name: string, fallback: number, least: number, most: number): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    this.wrong(name, `a whole number from ${least} to ${most}`);
    return fallback;
  }

  /** From 0 to 1. */
  fraction(name: string, fallback: number): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    if (/^(?:0|1|0?\.\d{1,9}|1\.0{1,9})$/.test(text)) return Number(text);
    this.wrong(name, 'a number from 0 to 1');
    return fallback;
  }

  flag(name: string, fallback: boolean): boolean {
    const text = this.text(name)?.toLowerCase();
    if (text === undefined) return fallback;
    if (['true', '1', 'yes', 'on'].includes(text)) return true;
    if (!['false', '0', 'no', 'off'].includes(text)) this.wrong(name, 'true or false');
    return false;
  }

  /** Upper and lower case are the same. */
  oneOf<const T extends string>(name: string, values: readonly T[], fallback: T): T {
    const text = this.text(name)?.toLowerCase();
    if (text === undefined) return fallback;
    const value = values.find((candidate) => candidate.toLowerCase() === text);
    if (value === undefined) this.wrong(name, `one of ${values.join(', ')}`);
    return value ?? fallback;
  }

  url(name: string, protocols: readonly string[]): string | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const isKnown = protocols.some((protocol) => text.startsWith(`${protocol}//`));
    if (!isKnown || !URL.canParse(text)) {
      this.wrong(name, `a URL that starts with ${protocols.map((known) => `${known}//`).join(' or ')}`);
    }
    return text;
  }

  /** A JSON list of strings, or words between commas. */
  list(
    name: string,
    fallback: readonly string[],
    isRight: (item: string) => boolean,
    expected: string,
  ): readonly string[] {
    const text = this.text(name);
    if (text === undefined) return Object.freeze([...fallback]);
    const items = text.startsWith('[') ? parseStrings(text) : text.split(',').map((item) => item.trim());
    const found = items?.filter((item) => item !== '');
    if (!found?.every(isRight)) this.wrong(name, `a JSON list or words between commas: ${expected}`);
    return Object.freeze(found ?? []);
  }
}

function parseStrings(text: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}
