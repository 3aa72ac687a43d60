// Serves the dashboard page at /dashboard: compressed ahead, cached for ever by hash, and under a strict content policy.
import { Elysia } from 'elysia';
import { loadDashboard, type PageFile, type PageFiles } from './dashboard_bundle.ts';
import { Problem } from './problem.ts';

export interface DashboardPageOptions {
  /** Where the bundle is kept between starts, such as `.tocsin/dashboard`. */
  cacheFolder: string;
}

/** Everything comes from here and nothing is inline; the page talks to nobody but its own server. */
const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const YEAR_SECONDS = 31_536_000;

/** The page under every path below /dashboard, and its assets. Bundled when first asked for, so that starting costs nothing. */
export const dashboardPage = ({ cacheFolder }: DashboardPageOptions) => {
  let loading: Promise<PageFiles> | undefined;
  const load = () => {
    loading ??= loadDashboard(cacheFolder).catch((error) => {
      // The next visitor tries again.
      loading = undefined;
      throw error;
    });
    return loading;
  };
  const page = async ({ request }: { request: Request }) => send(request, (await load()).get('page.html'), pageHeaders);
  return new Elysia({ name: 'dashboard_page', prefix: '/dashboard' })
    .get('/', page)
    .get('/assets/:name', async ({ request, params: { name } }) => {
      const file = name === 'page.html' ? undefined : (await load()).get(name);
      return send(request, file, assetHeaders);
    })
    .get('/*', page);
};

const pageHeaders = {
  'cache-control': 'no-cache',
  'content-security-policy': CONTENT_POLICY,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};
const assetHeaders = {
  'cache-control': `public, max-age=${YEAR_SECONDS}, immutable`,
  'x-content-type-options': 'nosniff',
};

/** @throws Problem 404 */
function send(request: Request, file: PageFile | undefined, also: Record<string, string>): Response {
  if (!file) throw new Problem('RESOURCE_NOT_FOUND', 'There is nothing at this path.');
  const headers = { ...also, 'content-type': file.type, etag: file.etag, vary: 'accept-encoding' };
  if (request.headers.get('if-none-match')?.includes(file.etag)) return new Response(null, { status: 304, headers });
  const accepted = request.headers.get('accept-encoding') ?? '';
  if (/\bbr\b/.test(accepted)) return new Response(file.brotli, { headers: { ...headers, 'content-encoding': 'br' } });
  if (/\bgzip\b/.test(accepted))
    return new Response(file.gzip, { headers: { ...headers, 'content-encoding': 'gzip' } });
  return new Response(file.plain, { headers });
}
