// Who uses the page: the credential they pasted, what it says about them, and the tenant they look at.
import { computed, signal } from '@preact/signals';
import { type Claims, readClaims } from '../words/claims.ts';

const CREDENTIAL_KEY = 'tocsin.credential';
const TENANT_KEY = 'tocsin.tenant';

/** The token or API key; null where none is asked for. It lives as long as the browser's tab. */
export const credential = signal<string | null>(sessionStorage.getItem(CREDENTIAL_KEY));

/** The tenant that a `platform` token acts in; null for one's own. */
export const tenantChoice = signal<string | null>(sessionStorage.getItem(TENANT_KEY));

/** True after the server has refused us: the page then asks for a credential. */
export const isSignInNeeded = signal(false);

/** Why the sign-in is shown again, in words; null the first time. */
export const refusal = signal<string | null>(null);

export const claims = computed<Claims | null>(() => (credential.value ? readClaims(credential.value) : null));

/** The name in the top line. */
export const tenantName = computed(() => tenantChoice.value ?? claims.value?.tenant ?? 'default');

/** Keeps the credential and tries the page again with it. */
export function signIn(text: string): void {
  const token = text.trim().replace(/^bearer\s+/i, '');
  sessionStorage.setItem(CREDENTIAL_KEY, token);
  credential.value = token;
  refusal.value = null;
  isSignInNeeded.value = false;
}

/** Forgets the credential; `reason` is what the server said, null when the person leaves on their own. */
export function signOut(reason: string | null): void {
  sessionStorage.removeItem(CREDENTIAL_KEY);
  sessionStorage.removeItem(TENANT_KEY);
  credential.value = null;
  tenantChoice.value = null;
  refusal.value = reason;
  isSignInNeeded.value = true;
}

/** Acts in another tenant; null goes back to one's own. */
export function chooseTenant(name: string | null): void {
  if (name === null) sessionStorage.removeItem(TENANT_KEY);
  else sessionStorage.setItem(TENANT_KEY, name);
  tenantChoice.value = name;
}
