// Reads what a JSON web token says about its bearer, without verifying it: for showing only.

/** What a token says about its bearer; unverified, for showing only. */
export interface Claims {
  sub?: string;
  tenant?: string;
  role?: string;
  /** Seconds since 1970. */
  exp?: number;
}

/** The claims of a JSON web token, or null for anything else, such as an API key. */
export function readClaims(token: string): Claims | null {
  const [, body, signature] = token.split('.');
  if (!body || !signature) return null;
  try {
    const bytes = Uint8Array.from(atob(body.replace(/-/g, '+').replace(/_/g, '/')), (char) => char.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === 'object' ? (claims as Claims) : null;
  } catch {
    return null;
  }
}
