// Turns the app's own list of routes into requests that can be sent, so that tests of access meet every route there is.
import { rolesNeeded } from '../../src/http/roles.ts';
import type { DescribedRoute } from '../../src/http/openapi.ts';
import type { TestHttp } from './http.ts';

export interface KnownRoute {
  /** `GET /api/v1/webhooks/:id`, as tests are named. */
  name: string;
  method: string;
  path: string;
  operationId: string | undefined;
  /** Undefined for what is no operation of the API. */
  role: string | undefined;
}

/** Files of our own pages; they hold no one's rows and need no credentials. */
const isPage = ({ path }: DescribedRoute) => /^(?:\/api\/v1)?\/(?:docs|redoc)\/|^\/dashboard\//.test(path);

/** Every route but our pages. */
export function listRoutes(http: TestHttp): KnownRoute[] {
  const routes = http.routes.filter((route) => !(route.method === 'GET' && isPage(route)));
  return routes.map(({ method, path, hooks }) => {
    const operationId = hooks.detail?.operationId;
    const role = operationId === undefined ? undefined : rolesNeeded[operationId];
    return { name: `${method} ${path}`, method: method === 'WS' ? 'GET' : method, path, operationId, role };
  });
}

/** Rows of the tenant `default` that paths and bodies can name; the marker stands in every text of theirs. */
export interface Planted {
  marker: string;
  webhookId: number;
  alertId: number;
  deliveryId: number;
  apiKeyId: number;
  replayId: number;
}

export async function plant({ api, post, bearer }: Pick<TestHttp, 'api' | 'post' | 'bearer'>): Promise<Planted> {
  const marker = `planted-${crypto.randomUUID()}`;
  const webhookId = await api.webhooks.create_webhook({
    p_tenant_id: 1,
    p_name: marker,
    p_url: `https://example.com/${marker}`,
  });
  const alertId = await api.alerts.raise_alert({ p_message: marker, p_alert_type: 'planted' });
  const [delivery] = await api.deliveries.list_deliveries({ p_tenant_id: 1, p_alert_id: alertId });
  const key = { p_tenant_id: 1, p_name: marker, p_role: 'viewer', p_key_prefix: 'tsk_planted' };
  const hash = new Bun.CryptoHasher('sha256').update(marker).digest('hex');
  const apiKeyId = await api.api_keys.create_api_key({ ...key, p_key_hash: hash });
  const { json: replay } = await post(`/api/v1/webhooks/${webhookId}/replay`, {}, await bearer());
  return { marker, webhookId, alertId, deliveryId: delivery?.id ?? 0, apiKeyId, replayId: replay.replay_id ?? 1 };
}

/** The path with what was planted in its place. */
export function pathOf({ path }: KnownRoute, planted: Planted): string {
  const id = path.includes('/webhooks/')
    ? planted.webhookId
    : path.includes('/deliveries/')
      ? planted.deliveryId
      : path.includes('/api-keys/')
        ? planted.apiKeyId
        : planted.alertId;
  return path
    .replace(':id', String(id))
    .replace(':replay_id', String(planted.replayId))
    .replace(/\/tenants\/:name$/, '/tenants/default')
    .replace(/:\w+|\*$/g, 'webhooks')
    .replace(/(.)\/$/, '$1');
}

/** Bodies that would be right, for operations that act on one row or several. */
export function bodyOf({ method, operationId = '' }: KnownRoute, planted: Planted): object | undefined {
  if (method === 'GET' || method === 'DELETE') return undefined;
  if (operationId.startsWith('update_webhook')) return { name: 'changed by a stranger' };
  if (operationId === 'acknowledge_alerts' || operationId === 'resolve_alerts') return { alert_ids: [planted.alertId] };
  return {};
}
