// docs/OPERATIONS.md names every metric there is, with its labels and meaning; WRITE_DOCS=1 writes its table anew.
import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { listMetrics, type SystemFigures } from '../../src/http/exposition.ts';
import { counters, gauges } from '../../src/store/meter_specs.ts';
import { Meters } from '../../src/store/meters.ts';

const path = join(import.meta.dir, '../../docs/OPERATIONS.md');
const [begin, end] = ['<!-- metrics -->\n', '<!-- /metrics -->\n'];

/** Any figure, so that every metric has its series. */
const figures = new Proxy({}, { get: () => 1 }) as SystemFigures;
const declared = new Map(
  [...Object.values(gauges), ...Object.values(counters)].map((spec) => [spec.name, spec.labels]),
);

const rows = listMetrics({ meters: new Meters(), routes: [], calls: [], cache: undefined, figures }).map(
  ({ name, type, help, values }) => {
    const labels = declared.get(name) ?? Object.fromEntries(values.flatMap((value) => Object.entries(value.labels)));
    const shown = Object.keys(labels).flatMap((label) => (label === 'route' ? ['method', 'route'] : [label]));
    return `| \`${name}\` | ${type} | ${shown.map((label) => `\`${label}\``).join(', ')} | ${help} |\n`;
  },
);
const table = `\n| metric | type | labels | meaning |\n|---|---|---|---|\n${rows.join('')}\n`;

test('the page has the table of all metrics', async () => {
  const page = await Bun.file(path).text();
  const [before = '', rest = ''] = page.split(begin);
  const [written, after = ''] = rest.split(end);
  if (Bun.env.WRITE_DOCS) await Bun.write(path, `${before}${begin}${table}${end}${after}`);
  else expect(written).toBe(table);
  expect(rows.length).toBeGreaterThan(35);
});
