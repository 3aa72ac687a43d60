// The SQL functions about API keys, as typed calls.
import { many, maybe, scalar } from '../call.ts';
import * as c from '../columns.ts';
import { roles } from '../vocabulary.ts';

export { roles };

/** A key as its tenant's admins see it: never its text or hash. */
export const apiKeyRow = {
  id: c.integer,
  name: c.text,
  role: c.oneOf(roles),
  key_prefix: c.text,
  rate_limit: c.nullable(c.integer),
  created_at: c.timestamptz,
  expires_at: c.nullable(c.timestamptz),
  revoked_at: c.nullable(c.timestamptz),
  last_used_at: c.nullable(c.timestamptz),
};

const listed = { p_tenant_id: c.integer, p_include_revoked: c.optional(c.boolean) };

export const apiKeyCalls = {
  create_api_key: scalar(
    {
      p_tenant_id: c.integer,
      p_name: c.text,
      p_role: c.text,
      p_key_hash: c.text,
      p_key_prefix: c.text,
      p_rate_limit: c.optional(c.integer),
      p_expires_at: c.optional(c.timestamptz),
    },
    c.integer,
  ),
  list_api_keys: many(
    { ...listed, p_after_id: c.optional(c.integer), p_limit: c.optional(c.integer), p_offset: c.optional(c.integer) },
    apiKeyRow,
  ),
  count_api_keys: scalar(listed, c.bigint),
  revoke_api_key: scalar({ p_tenant_id: c.integer, p_api_key_id: c.integer }, c.nothing),
  find_api_key: maybe(
    { p_key_hash: c.text },
    {
      api_key_id: c.integer,
      tenant_id: c.integer,
      tenant: c.text,
      role: c.oneOf(roles),
      subject: c.text,
      rate_limit: c.nullable(c.integer),
      expires_at: c.nullable(c.timestamptz),
    },
  ),
  touch_api_keys: scalar({ p_api_key_ids: c.arrayOf(c.integer) }, c.nothing),
};
