// Makes an authority and certificates for tests of TLS.
import { generate } from 'selfsigned';

/** PEM texts, as TLS servers take them. */
export type Certificate = { key: string; cert: string };

export type Authority = Certificate & {
  /** A certificate for these host names or IPv4 addresses, of this authority. */
  issue(names: string[], options?: { isExpired?: boolean }): Promise<Certificate>;
};

const DAY_MS = 86_400_000;

/** A new authority that nobody trusts yet. */
export async function makeAuthority(): Promise<Authority> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'Test authority' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  });
  return { key, cert, issue: (names, options) => issue(names, { key, cert }, options?.isExpired ?? false) };
}

/** A certificate that vouches for itself. */
export function makeSelfSigned(name: string): Promise<Certificate> {
  return issue([name], undefined, false);
}

async function issue(names: string[], ca: Certificate | undefined, isExpired: boolean): Promise<Certificate> {
  const altNames = names.map((name) =>
    /^[\d.]+$/.test(name) ? { type: 7 as const, ip: name } : { type: 2 as const, value: name },
  );
  const { private: key, cert } = await generate([{ name: 'commonName', value: names[0] as string }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames }],
    notBeforeDate: new Date(Date.now() - 10 * DAY_MS),
    notAfterDate: new Date(Date.now() + (isExpired ? -1 : 10) * DAY_MS),
    ...(ca === undefined ? {} : { ca }),
  });
  return { key, cert };
}
