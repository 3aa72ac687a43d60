// Serves the OpenAPI document, and Swagger UI from our own files, so that it works without the internet.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Elysia } from 'elysia';
import { packedFolder } from '../own_files.ts';
import { pageHeaders } from './browser_headers.ts';
import { describeApi } from './openapi.ts';
import { Problem } from './problem.ts';

/** The files of Swagger UI that the page needs, and their types. */
export const assetTypes = new Map([
  ['swagger-ui.css', 'text/css'],
  ['swagger-ui-bundle.js', 'text/javascript'],
  ['favicon-32x32.png', 'image/png'],
]);
const assetsFolder =
  packedFolder('swagger_ui') ?? dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tocsin API</title>
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;
/** Swagger UI writes styles and small images into the page; scripts and requests stay our own. */
const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
// A file of its own, so that the page needs no inline script.
const startScript = `SwaggerUIBundle({ url: '/docs/json', dom_id: '#swagger-ui', deepLinking: true, displayRequestDuration: true });\n`;

/**
 * The document at /docs/json and the page at /docs, at the root and again under the API's base. The routes are asked for
 * when the document first is.
 */
export const docs = (routes: () => Parameters<typeof describeApi>[0], base: '' | '/api/v1') => {
  let document: string | undefined;
  return new Elysia({ name: 'docs', seed: base, prefix: '/docs' })
    .get('/', () => send(page, 'text/html; charset=utf-8', pageHeaders(CONTENT_POLICY)))
    .get('/start.js', () => send(startScript, 'text/javascript'))
    .get('/json', () => {
      document ??= JSON.stringify(describeApi(routes()));
      return send(document, 'application/json');
    })
    .get('/:asset', ({ params: { asset } }) => {
      const type = assetTypes.get(asset);
      if (type === undefined) throw new Problem('RESOURCE_NOT_FOUND', 'There is nothing at this path.');
      return send(Bun.file(join(assetsFolder, asset)), type);
    });
};

function send(content: string | Bun.BunFile, type: string, also: Record<string, string> = {}): Response {
  return new Response(content, { headers: { 'content-type': type, 'cache-control': 'no-cache', ...also } });
}
