// The house rules that a program can check; CONTRIBUTING says what they are for.
import { describe, expect, test } from 'bun:test';
import { basename } from 'node:path';
import { findCycles, grep, listImports, readTree } from './support/tree.ts';

const source = readTree('src/**/*.{ts,tsx}');
const typescript = [...source, ...readTree('test/**/*.{ts,tsx}', 'bench/**/*.ts', 'deploy/**/*.ts')];
const rebuilt = readTree('sql/**/*.sql').filter((file) => !file.path.startsWith('sql/tables/'));
const sql = [...rebuilt, ...readTree('sql/tables/*.sql')];
const written = [...typescript, ...sql];

/** Words that say nothing about what a thing is. */
const empty = [
  'data',
  'info',
  'manager',
  'helper',
  'helpers',
  'util',
  'utils',
  'process',
  'service',
  'handle',
  'handler',
];

/** The words of a name in camelCase or snake_case. */
const wordsOf = (name: string) =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[_.-]/);
const isEmptyName = (name: string) => wordsOf(name).some((word) => empty.includes(word));

describe('every file', () => {
  test('has at most 250 lines of at most 140 characters', () => {
    expect(
      written.filter((file) => file.lines.length > 250).map((file) => `${file.path} ${file.lines.length}`),
    ).toEqual([]);
    // The sentence of a `comment on` is one string, as psql and the documentation show it.
    expect(grep(written, /^(?!\s*'|comment on ).{141,}$/)).toEqual([]);
  });

  test('has a name that says what it is', () => {
    expect(written.filter((file) => isEmptyName(basename(file.path))).map((file) => file.path)).toEqual([]);
    expect(written.filter((file) => /(^|\/)index\.\w+$/.test(file.path)).map((file) => file.path)).toEqual([]);
  });

  test('names no place of a particular machine and no work left to do', () => {
    const all = [
      ...written,
      ...readTree('docs/**/*.md', 'deploy/**/*', '*.{md,json,toml,yaml,lock}', '.ci/*', 'Dockerfile'),
    ];
    expect(grep(all, /["'`\s(=]\/(?:work|home|Users|mnt|srv)\//)).toEqual([]);
    expect(grep(all, /https?:\/\/(?!registry\.npmjs\.org)[^\s"'/]*(?:registry|artifactory|nexus|verdaccio)/)).toEqual(
      [],
    );
    expect(grep(written, /\b(?:[T]ODO|[F]IXME|[X]{3})\b/)).toEqual([]);
  });
});

describe('every TypeScript file', () => {
  test('starts with a sentence about what it is responsible for', () => {
    const wrong = typescript.filter(({ lines }) => {
      const comment =
        lines
          .filter((line) => !line.startsWith('#!'))
          .join('\n')
          .match(/^(?:\/\/ .*\n)+/)?.[0] ?? '';
      return !/\.\s*$/.test(comment);
    });
    expect(wrong.map((file) => file.path)).toEqual([]);
  });

  test('declares names that say what they are', () => {
    const declared = /\b(?:const|let|function|class|interface|type|enum)\s+([A-Za-z_$][\w$]*)\s*[=<({:]/g;
    const wrong = typescript.flatMap(({ path, text }) =>
      [...text.matchAll(declared)].filter(([, name = '']) => isEmptyName(name)).map(([, name]) => `${path} ${name}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe('the layers', () => {
  const imports = source.flatMap(listImports);
  const layerOf = (path: string) =>
    path
      .match(/^src\/(?:(\w+)\/|(cli)\.ts)/)
      ?.slice(1)
      .find(Boolean) ?? 'base';
  const mayImport: Record<string, string[]> = {
    cli: ['cli', 'http', 'live', 'delivery', 'store', 'base'],
    http: ['http', 'store', 'base'],
    live: ['live', 'store', 'base'],
    delivery: ['delivery', 'store', 'base'],
    web: ['web'],
    store: ['store', 'base'],
    base: ['base'],
  };

  test('import one way: cli, then http, live and delivery apart, then store, then config', () => {
    const wrong = imports.filter(({ from, to }) => !mayImport[layerOf(from)]?.includes(layerOf(to)));
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  test('have no circles', () => {
    expect(findCycles(imports)).toEqual([]);
  });

  test('leave the environment to config.ts', () => {
    const others = source.filter((file) => file.path !== 'src/config.ts');
    expect(grep(others, /\b(?:process|Bun|import\.meta)\.env\b/)).toEqual([]);
  });

  test('leave SQL to the store', () => {
    const others = source.filter((file) => !file.path.startsWith('src/store/'));
    const statement =
      /(?:\b(?:sql|tx)(?:<[^`]*>)?`|\.unsafe\(|[`'"]\s*(?:select\s.*\sfrom|insert\s+into|update\s+\S+\s+set|delete\s+from)\s)/i;
    expect(grep(others, statement)).toEqual([]);
  });
});

describe('every SQL file', () => {
  const objects = rebuilt.filter((file) => /^sql\/(?:functions|views|internal)\//.test(file.path));
  const definition = /^create (?:or replace )?(function|procedure|view) (\w+)\.(\w+)/gm;
  const definitionsOf = (text: string) =>
    [...text.matchAll(definition)].map(([, kind, schema, name]) => ({ kind, schema, name }));

  test('holds one function or view of its own name, in the schema of its folder', () => {
    const wrong = objects.filter(({ path, text }) => {
      const found = definitionsOf(text);
      const [, folder = ''] = path.split('/');
      // Types have no bodies: several may share a file of tocsin_internal.
      if (found.length === 0) return folder !== 'internal' || !/^create type tocsin_internal\./m.test(text);
      const [only] = found;
      const schema = folder === 'internal' ? 'tocsin_internal' : 'tocsin';
      const isRight = only?.name === basename(path, '.sql') && only.schema === schema;
      return found.length > 1 || !isRight || (folder === 'views') !== (only?.kind === 'view');
    });
    expect(wrong.map((file) => file.path)).toEqual([]);
  });

  test('says in a comment on its object what it promises', () => {
    const wrong = objects.filter(({ text }) =>
      definitionsOf(text).some(
        ({ kind, schema, name }) => !new RegExp(`^comment on ${kind} ${schema}\\.${name}\\b`, 'm').test(text),
      ),
    );
    expect(wrong.map((file) => file.path)).toEqual([]);
  });

  test('of a public function replaces it, and runs it as its owner with an empty search path', () => {
    const wrong = objects.filter(
      ({ path, text }) =>
        path.startsWith('sql/functions/') &&
        !(
          /^create or replace /m.test(text) &&
          /\bsecurity definer\b/.test(text) &&
          /\bset search_path = ''/.test(text)
        ),
    );
    expect(wrong.map((file) => file.path)).toEqual([]);
  });

  test('states the volatility of its function, where PostgreSQL heeds it', () => {
    const wrong = objects.filter(
      ({ text }) =>
        /^create (?:or replace )?function/m.test(text) &&
        !/\breturns trigger\b/.test(text) &&
        !/\b(?:immutable|stable|volatile)\b/.test(text),
    );
    expect(wrong.map((file) => file.path)).toEqual([]);
  });

  test('has function bodies of at most 60 lines', () => {
    const bodies = objects.map(({ path, text }) => {
      const body =
        text.match(/^create (?:or replace )?(?:function|procedure)[\s\S]*?\$(\w*)\$[\s\S]*?\$\1\$/m)?.[0] ?? '';
      return { path, length: body.split('\n').length };
    });
    expect(bodies.filter(({ length }) => length > 60).map(({ path, length }) => `${path} ${length}`)).toEqual([]);
  });

  test('has keywords in lower case and nothing that a rebuild could not replace', () => {
    expect(grep(sql, /^[^'-]*\b(?:SELECT|INSERT|UPDATE|DELETE|CREATE|FROM|WHERE|BEGIN|RETURNS|FUNCTION)\b/)).toEqual(
      [],
    );
    expect(grep(sql, /\bbegin atomic\b/i)).toEqual([]);
    expect(
      grep(
        rebuilt.filter((file) => file.path.startsWith('sql/views/')),
        /\btocsin_internal\./,
      ),
    ).toEqual([]);
  });

  test('gives its objects names that say what they are', () => {
    const wrong = sql.flatMap(({ path, text }) =>
      [...text.matchAll(/^create (?:or replace )?(?:function|procedure|view|table|type) \w+\.(\w+)/gm)]
        .filter(([, name = '']) => isEmptyName(name))
        .map(([, name]) => `${path} ${name}`),
    );
    expect(wrong).toEqual([]);
  });
});
