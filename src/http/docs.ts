// Serves the OpenAPI document, and Swagger UI from our own node_modules, so that it works without the internet.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Elysia } from 'elysia';
import { describeApi } from './openapi.ts';
import { Problem } from './problem.ts';

const assetTypes = new Map([
  ['swagger-ui.css', 'text/css'],
  ['swagger-ui-bundle.js', 'text/javascript'],
  ['favicon-32x32.png', 'image/png'],
]);
const assetsFolder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

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
// A file of its own, so that the page needs no inline script.
const startScript = `SwaggerUIBundle({ url: '/docs/json', dom_id: '#swagger-ui', deepLinking: true, displayRequestDuration: true });\n`;

/** The document at /docs/json and the page at /docs. The routes are asked for when the document first is. */
export const docs = (routes: () => Parameters<typeof describeApi>[0]) => {
  let document: string | undefined;
  return new Elysia({ name: 'docs', prefix: '/docs' })
    .get('/', () => send(page, 'text/html; charset=utf-8'))
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

function send(content: string | Bun.BunFile, type: string): Response {
  return new Response(content, { headers: { 'content-type': type, 'cache-control': 'no-cache' } });
}
