// Times as parameters: ISO 8601, in UTC unless they say otherwise.
import { FormatRegistry, Type } from '@sinclair/typebox';

const FORM = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d(?:\.\d{1,9})?)?(Z|[+ -]\d\d:?\d\d)?)?$/i;

// Replaces Elysia's own check, which takes texts that no date can be made of.
FormatRegistry.Set('date-time', (text) => instantOf(text) !== undefined);

/** An optional time of a query. */
export const instantField = (description: string) =>
  Type.Optional(Type.String({ format: 'date-time', description, examples: ['2026-01-31T12:00:00Z'] }));

/** The time in the form that the database gets; undefined for what is no time. A blank is a plus that was not encoded. */
export function instantOf(text: string | undefined): string | undefined {
  const [, date, minutes = '00:00', seconds = ':00', zone = 'Z'] = FORM.exec(text ?? '') ?? [];
  if (date === undefined) return undefined;
  const instant = new Date(`${date}T${minutes}${seconds}${zone.replace(' ', '+')}`);
  return Number.isNaN(instant.getTime()) ? undefined : instant.toISOString();
}
