// Writes a delivery's request as a curl command that a shell can run as it stands.

export interface ShownRequest {
  url: string;
  headers: readonly { name: string; value: string }[];
  body: string;
  /** The form that the body takes on its way, where it is not sent as it stands. */
  format?: string;
}

/** Quotes for POSIX shells. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

export function asCurl({ url, headers, body }: ShownRequest): string {
  const lines = headers.map(({ name, value }) => `  -H ${quoted(`${name}: ${value}`)}`);
  return [`curl -X POST ${quoted(url)}`, ...lines, `  --data-raw ${quoted(body)}`].join(' \\\n');
}
